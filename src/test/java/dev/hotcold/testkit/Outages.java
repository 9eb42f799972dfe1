package dev.hotcold.testkit;

import dev.hotcold.local.LocalPostgres;
import dev.hotcold.local.LocalRedis;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Stops, kills and freezes two servers and brings them back: on the same ports, PostgreSQL with its data, Redis empty.
 * Closing it closes the servers, whatever state they are in.
 *
 * <p>Confined to: one thread.
 */
public final class Outages implements AutoCloseable {

    private final Servers servers;
    private final Path postgresDirectory;
    private final List<Long> frozen = new ArrayList<>();
    private LocalPostgres postgres;
    private LocalRedis redis;

    /** @param servers the caller's own, both running */
    public Outages(Servers servers) {
        this.servers = servers;
        this.postgres = servers.postgres();
        this.redis = servers.redis();
        this.postgresDirectory = dataDirectory(servers);
    }

    private static Path dataDirectory(Servers servers) {
        try (Connection connection = servers.connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SHOW data_directory")) {
            rows.next();
            return Path.of(rows.getString(1)).resolve("..").normalize();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    public Servers servers() {
        return servers;
    }

    /** PostgreSQL disconnects its clients and ends. */
    public void stopPostgres() {
        postgres.close();
    }

    /** SIGKILL for the postmaster; its children notice and end. */
    public void killPostgres() {
        kill(postgres.pid());
    }

    /** SIGSTOP for the postmaster and all its children: connections stand, new ones are accepted only by the kernel. */
    public void freezePostgres() {
        ProcessHandle postmaster = ProcessHandle.of(postgres.pid()).orElseThrow();
        // The postmaster first, so that it starts no child meanwhile.
        freeze(Stream.of(postmaster.pid()));
        freeze(postmaster.children().map(ProcessHandle::pid));
    }

    /** Starts PostgreSQL again after it was stopped or killed. */
    public void startPostgres() {
        postgres.close();
        postgres = LocalPostgres.start(postgresDirectory, postgres.port());
    }

    /** SIGKILL. */
    public void killRedis() {
        kill(redis.pid());
    }

    /** SIGSTOP: connections stand, without a reply. */
    public void freezeRedis() {
        freeze(Stream.of(redis.pid()));
    }

    /** Starts Redis again after it was killed. */
    public void startRedis() {
        redis.close();
        redis = LocalRedis.start(postgresDirectory, redis.port());
    }

    /** SIGCONT for all that is frozen. */
    public void thaw() {
        frozen.forEach(Signals::thaw);
        frozen.clear();
    }

    private void freeze(Stream<Long> pids) {
        List<Long> now = pids.toList();
        frozen.addAll(now);
        now.forEach(Signals::freeze);
    }

    private static void kill(long pid) {
        ProcessHandle.of(pid).ifPresent(process -> {
            process.destroyForcibly();
            process.onExit().join();
        });
    }

    @Override
    public void close() {
        thaw();
        redis.close();
        postgres.close();
        servers.close();
    }
}
