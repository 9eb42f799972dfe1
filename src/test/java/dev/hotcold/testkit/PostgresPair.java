package dev.hotcold.testkit;

import static org.awaitility.Awaitility.await;

import dev.hotcold.local.LocalPostgres;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A primary and its standby, which replays the primary's log as it comes. Closing it closes both, in whatever state they are.
 *
 * <p>Confined to: one thread.
 */
public final class PostgresPair implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofSeconds(60);

    private final Servers servers;
    private final Path firstDirectory;
    private final List<Long> frozen = new ArrayList<>();
    private LocalPostgres first;
    private final LocalPostgres second;

    /** @param servers the caller's own; its PostgreSQL becomes the primary */
    public PostgresPair(Servers servers) {
        this(servers, false, List.of());
    }

    /**
     * One whose standby has settings of its own, {@code name=value}.
     *
     * @param servers the caller's own; its PostgreSQL becomes the primary
     */
    public static PostgresPair withStandby(Servers servers, String... settings) {
        return new PostgresPair(servers, false, List.of(settings));
    }

    /**
     * One whose standby is set up to sync the primary's logical slots, as {@code docs/operate/stores.md} says.
     *
     * @param servers the caller's own; its PostgreSQL becomes the primary
     */
    public static PostgresPair syncingSlots(Servers servers) {
        return new PostgresPair(servers, true, List.of());
    }

    private PostgresPair(Servers servers, boolean syncsSlots, List<String> settings) {
        this.servers = servers;
        this.firstDirectory = Path.of(
                        servers.queryStrings("SHOW data_directory").getFirst())
                .resolve("..")
                .normalize();
        Path secondDirectory = firstDirectory.resolveSibling(firstDirectory.getFileName() + "-standby");
        servers.postgres().close();
        copy(firstDirectory.resolve("postgresql"), secondDirectory.resolve("postgresql"));
        write(secondDirectory.resolve("postgresql").resolve("standby.signal"));
        first = LocalPostgres.start(firstDirectory, servers.postgres().port());
        if (syncsSlots) {
            followAndSyncSlots(first, secondDirectory);
            second = LocalPostgres.start(secondDirectory);
        } else {
            List<String> all = new ArrayList<>(settings);
            all.add("primary_conninfo=" + conninfo(first));
            second = LocalPostgres.start(secondDirectory, 0, all);
        }
    }

    private static String conninfo(LocalPostgres primary) {
        return "host=127.0.0.1 port=" + primary.port() + " user=postgres";
    }

    private static void followAndSyncSlots(LocalPostgres primary, Path standby) {
        run(primary, StoresPage.block("pg_create_physical_replication_slot"));
        append(
                standby.resolve("postgresql").resolve("postgresql.auto.conf"),
                StoresPage.block("sync_replication_slots = on")
                        .replace("host=PRIMARY port=5432 user=replicator", conninfo(primary)));
    }

    /** After a switchover: the first comes back as the standby of the second, and is to sync slots. */
    public void rejoinFirst() {
        followAndSyncSlots(second, firstDirectory);
        restartFirstAsStandby();
    }

    /** The second ends as its owner stops it, and the first is promoted. */
    public void switchBack() {
        second.close();
        run(first, "SELECT pg_promote()");
    }

    /** Waits until the standby has a copy of the service's slot that outlives the primary. */
    public void awaitSlotSynced() {
        awaitSlotSynced(first, second);
    }

    /** The same for any two servers. */
    public static void awaitSlotSynced(LocalPostgres primary, LocalPostgres standby) {
        await().atMost(PATIENCE).until(() -> {
            // By which PostgreSQL moves a slot forward; by itself it writes one every 15 seconds.
            run(primary, "SELECT pg_log_standby_snapshot()");
            return texts(standby, StoresPage.block("synced AND NOT temporary")).equals(List.of("t"));
        });
    }

    /** The standby, which syncs slots, gets nothing of the primary any more. */
    public void detachSecond() {
        run(second, "ALTER SYSTEM SET primary_conninfo = ''");
        run(second, "SELECT pg_reload_conf()");
        await().atMost(PATIENCE)
                .until(() -> text(second, "SELECT count(*) FROM pg_stat_wal_receiver")
                        .equals("0"));
    }

    /** The first ends as its owner stops it. */
    public void stopFirst() {
        first.close();
    }

    /** What {@code DATABASE_URL} says to name both, the primary first. */
    public String url(String parameters) {
        return url(List.of(first.port(), second.port()), parameters);
    }

    /** What {@code DATABASE_URL} says to name servers on this machine by their ports. */
    public static String url(List<Integer> ports, String parameters) {
        return "postgres://postgres@"
                + String.join(
                        ",", ports.stream().map(port -> "127.0.0.1:" + port).toList()) + "/postgres?sslmode=disable"
                + parameters;
    }

    /** The settings of a program on them. */
    public Map<String, String> environment(String url, String... settings) {
        Map<String, String> environment = new HashMap<>(servers.environment());
        environment.put("DATABASE_URL", url);
        environment.put("VERIFY_USERS_PER_SECOND", "0");
        for (int i = 0; i < settings.length; i += 2) {
            environment.put(settings[i], settings[i + 1]);
        }
        return environment;
    }

    public Servers servers() {
        return servers;
    }

    public LocalPostgres first() {
        return first;
    }

    public LocalPostgres second() {
        return second;
    }

    /** The standby becomes a primary; whoever was one goes on, if it lives. */
    public void promoteSecond() {
        run(second, "SELECT pg_promote()");
    }

    /** The first ends as after a power cut. */
    public void killFirst() {
        ProcessHandle.of(first.pid()).ifPresent(process -> {
            process.destroyForcibly();
            process.onExit().join();
        });
    }

    /** The first stands still: connections stay, new ones are accepted only by the kernel. */
    public void freezeFirst() {
        ProcessHandle postmaster = ProcessHandle.of(first.pid()).orElseThrow();
        Stream.concat(Stream.of(postmaster.pid()), postmaster.children().map(ProcessHandle::pid))
                .forEach(pid -> {
                    frozen.add(pid);
                    Signals.freeze(pid);
                });
    }

    /** The first goes on where it was frozen. */
    public void thawFirst() {
        frozen.forEach(Signals::thaw);
        frozen.clear();
    }

    /** Starts the first again, on its port. */
    public void restartFirst() {
        first.close();
        first = LocalPostgres.start(firstDirectory, first.port());
    }

    /** Starts the first again as a standby, of nobody. */
    public void restartFirstAsStandby() {
        first.close();
        write(firstDirectory.resolve("postgresql").resolve("standby.signal"));
        first = LocalPostgres.start(firstDirectory, first.port());
    }

    /** Runs statements on one of them. */
    public static void run(LocalPostgres server, String statements) {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl());
                Statement statement = connection.createStatement()) {
            statement.execute(statements);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The first column of the first row of a query to one of them. */
    public static String text(LocalPostgres server, String query) {
        return texts(server, query).getFirst();
    }

    /** The first column of a query to one of them. */
    private static List<String> texts(LocalPostgres server, String query) {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl());
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            List<String> texts = new ArrayList<>();
            while (rows.next()) {
                texts.add(String.valueOf(rows.getString(1)));
            }
            return texts;
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Adds a user to one of them, or changes it. */
    public static void put(LocalPostgres server, String userId, String promoMessage) {
        run(
                server,
                "INSERT INTO users VALUES ('" + userId + "', 'app://" + userId + "', '" + promoMessage
                        + "') ON CONFLICT (user_id) DO UPDATE SET promo_message = excluded.promo_message");
    }

    /** Whether the standby has replayed all that the primary has written. */
    public boolean isReplayed() {
        String end = text(first, "SELECT pg_current_wal_lsn()");
        return text(second, "SELECT (pg_last_wal_replay_lsn() >= '" + end + "')::text")
                .equals("true");
    }

    private static void copy(Path from, Path to) {
        try (Stream<Path> all = Files.walk(from)) {
            Files.createDirectories(to.getParent());
            for (Path path : all.toList()) {
                Files.copy(path, to.resolve(from.relativize(path)), StandardCopyOption.COPY_ATTRIBUTES);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void append(Path file, String text) {
        try {
            Files.writeString(file, text, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void write(Path file) {
        try {
            Files.writeString(file, "");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        thawFirst();
        second.close();
        first.close();
        servers.close();
    }
}
