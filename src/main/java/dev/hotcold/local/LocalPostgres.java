package dev.hotcold.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A real PostgreSQL server of this process's own, on the loopback address, with logical replication enabled. What is
 * committed survives restarts and crashes.
 *
 * <p>Works as an ordinary user and, on Linux, as root. Anyone with an account on this machine can connect as superuser.
 */
public final class LocalPostgres implements AutoCloseable {
    private final DirectoryLock lock;
    private final ServerProcess server;
    private final int port;

    private LocalPostgres(DirectoryLock lock, ServerProcess server, int port) {
        this.lock = lock;
        this.server = server;
        this.port = port;
    }

    /** {@link #start(Path, int)} on a free port. */
    public static LocalPostgres start(Path directory) {
        return start(directory, 0);
    }

    /**
     * Starts a server on the cluster below {@code directory}, creating both when missing, and returns once it accepts
     * connections. A server that a killed owner left running there is stopped first. Fails with
     * {@link LocalServerException}, in particular when another process uses the directory.
     *
     * @param port TCP port; 0 = a free one
     */
    public static LocalPostgres start(Path directory, int port) {
        return start(directory, port, List.of());
    }

    /** Starts a server with further settings, {@code name=value}, which win over those that it always gets. */
    public static LocalPostgres start(Path directory, int port, List<String> settings) {
        LocalServers.require("PostgreSQL", "DATABASE_URL");
        try {
            Path home = Files.createDirectories(directory).toRealPath();
            DirectoryLock lock = DirectoryLock.acquire(home);
            try {
                var cluster = new PostgresCluster(binaries(home), home.resolve("postgresql"));
                cluster.create();
                cluster.stopOrphan();
                return LocalServers.startOn(
                        port, chosen -> new LocalPostgres(lock, cluster.start(chosen, settings), chosen));
            } catch (IOException | RuntimeException e) {
                lock.close();
                throw e;
            }
        } catch (IOException e) {
            throw new LocalServerException(
                    "The embedded PostgreSQL cannot start on " + directory + ": " + e + ". Set LOCAL_DATA_DIR to a"
                            + " directory you can write, or DATABASE_URL to a server of your own.",
                    e);
        }
    }

    /** The programs from the user's cache, where all data directories share them, or below {@code home} without one. */
    private static PostgresBinaries binaries(Path home) throws IOException {
        String cache = Optional.ofNullable(System.getenv("XDG_CACHE_HOME"))
                .filter(path -> path.startsWith("/"))
                .orElse(System.getProperty("user.home") + "/.cache");
        try {
            return PostgresBinaries.unpack(Path.of(cache, "hotcold-user-api"));
        } catch (IOException _) {
            return PostgresBinaries.unpack(home);
        }
    }

    /** TCP port on 127.0.0.1. */
    public int port() {
        return port;
    }

    /** Process id of the server's first process, the postmaster. */
    public long pid() {
        return server.pid();
    }

    /** How to reach the server, as {@code DATABASE_URL} would say it. */
    public String databaseUrl() {
        return databaseUrl(port);
    }

    static String databaseUrl(int port) {
        return "postgresql://%1$s@127.0.0.1:%2$d/%1$s?sslmode=disable".formatted(PostgresCluster.SUPERUSER, port);
    }

    /** How to reach the server through JDBC. */
    public String jdbcUrl() {
        return "jdbc:postgresql://127.0.0.1:%2$d/%1$s?user=%1$s&sslmode=disable"
                .formatted(PostgresCluster.SUPERUSER, port);
    }

    /**
     * Disconnects all clients, stops the server, waits for its end and frees the directory. Idempotent; also frees what is
     * left of a server that was killed.
     */
    @Override
    public void close() {
        try (lock) {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the embedded PostgreSQL did not stop", e);
        }
    }
}
