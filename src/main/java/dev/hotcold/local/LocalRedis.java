package dev.hotcold.local;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** A real Redis server of this process's own, on the loopback address, that keeps no data on disk. */
public final class LocalRedis implements AutoCloseable {
    private final RedisInstance instance;
    private final ServerProcess server;
    private final int port;

    private LocalRedis(RedisInstance instance, ServerProcess server, int port) {
        this.instance = instance;
        this.server = server;
        this.port = port;
    }

    /** {@link #start(Path, int)} on a free port. */
    public static LocalRedis start(Path directory) {
        return start(directory, 0);
    }

    /**
     * Starts an empty server and returns once it accepts connections. A server that a killed owner left running below
     * {@code directory} is ended first; those of others that run are left as they are. Fails with {@link LocalServerException}.
     *
     * @param directory where it is noted which servers run; created when missing
     * @param port TCP port; 0 = a free one
     */
    public static LocalRedis start(Path directory, int port) {
        return start(directory, port, List.of());
    }

    /**
     * The same with further options.
     *
     * @param options as they stand on a command line, such as {@code --maxclients}, {@code 10}
     */
    public static LocalRedis start(Path directory, int port, List<String> options) {
        LocalServers.require("Redis", "REDIS_ADDR");
        try {
            Path home = Files.createDirectories(directory.resolve("redis")).toRealPath();
            RedisInstance.endOrphans(home);
            RedisInstance instance = RedisInstance.create(home);
            try {
                return LocalServers.startOn(port, chosen -> launch(instance, home, chosen, options));
            } catch (IOException | RuntimeException e) {
                instance.close();
                throw e;
            }
        } catch (IOException e) {
            throw new LocalServerException(
                    "The embedded Redis cannot start: " + e + ". Set LOCAL_DATA_DIR to a directory you can write, or"
                            + " REDIS_ADDR to a server of your own.",
                    e);
        }
    }

    private static LocalRedis launch(RedisInstance instance, Path home, int port, List<String> options)
            throws IOException {
        // Not in the system's directory for temporary files, from which nothing may be executed on some systems.
        Path directory = Files.createTempDirectory(home, "program-");
        try {
            return new LocalRedis(
                    instance,
                    ServerProcess.start(
                            command(RedisBinary.unpack(directory), instance, port, options),
                            ServerProcess.Ending.KILL,
                            "Ready to accept connections",
                            "The embedded Redis does not start on port " + port + " (REDIS_ADDR names a server of your"
                                    + " own)"),
                    port);
        } finally {
            // The running server keeps its executable; the name is no longer needed.
            PostgresBinaries.deleteTree(directory);
        }
    }

    private static List<String> command(Path program, RedisInstance instance, int port, List<String> options) {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(instance.options());
        command.addAll(List.of("--bind", "127.0.0.1", "--port", Integer.toString(port)));
        command.addAll(List.of("--save", "", "--appendonly", "no"));
        command.addAll(List.of("--maxmemory", "512mb", "--maxmemory-policy", "allkeys-lru"));
        command.addAll(options);
        return command;
    }

    /** TCP port on 127.0.0.1. */
    public int port() {
        return port;
    }

    /** Process id of the server itself. */
    public long pid() {
        return server.pid();
    }

    /** How to reach the server, as {@code REDIS_ADDR} would say it. */
    public String address() {
        return "127.0.0.1:" + port;
    }

    /** Ends the server and waits for its end. Idempotent; also frees what is left of a server that was killed. */
    @Override
    public void close() {
        try (instance) {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the embedded Redis did not stop", e);
        }
    }
}
