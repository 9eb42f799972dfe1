package dev.hotcold.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.Outages;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.Signals;
import io.vertx.core.json.JsonObject;
import java.io.UncheckedIOException;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * Four writers and eight readers on 200 users and two instances. Seconds as a test; {@code make soak} goes on for minutes,
 * and asserts the times too.
 */
class SoakIT {

    private static final List<String> ROLES = List.of("first", "second");
    private static final int USERS = 200;
    private static final int WRITERS = 4;
    private static final int READERS = 8;

    /** Seconds of load in each part; 0 = as a test. */
    private static final int SECONDS = Integer.getInteger("soak.seconds", 0);

    private static final int ROUNDS = SECONDS == 0 ? 1 : 5;
    private static final Duration LOAD_AROUND_A_FAULT = Duration.ofSeconds(6);
    private static final Duration PART = Duration.ofSeconds(SECONDS == 0 ? 3 : SECONDS);
    private static final Duration STALEST = Duration.ofMillis(100);

    private final Outages outages = new Outages(Servers.start());
    private final Servers servers = outages.servers();
    /** Not the pool that all share, which is needed to await the ends of processes. */
    private final ExecutorService aside = Executors.newSingleThreadExecutor();

    private final List<Program> instances = new ArrayList<>();
    private final List<Integer> ports = new ArrayList<>();

    @BeforeEach
    void start() {
        servers.sql("INSERT INTO users SELECT 'u' || i, '0', 'p' FROM generate_series(0, " + (USERS - 1) + ") i");
        ROLES.forEach(role -> servers.sql("CREATE ROLE " + role + " SUPERUSER LOGIN"));
        startInstance(0);
        startInstance(1);
    }

    @AfterEach
    void stop() {
        aside.close();
        instances.forEach(Program::close);
        outages.close();
    }

    private void startInstance(int index) {
        Map<String, String> environment = servers.environment(ROLES.get(index));
        environment.put("CHANGE_FEED", "on");
        Program program = Program.start(environment);
        int port = program.awaitPort();
        if (index == instances.size()) {
            instances.add(program);
            ports.add(port);
        } else {
            instances.set(index, program);
            ports.set(index, port);
        }
    }

    @Test
    void lookups_withoutFaults_readOldVersionsOnlyForAMoment() {
        awaitFollowed();
        load(PART);

        Staleness seen = load(PART.multipliedBy(2));

        Duration[] delays = seen.delays();
        System.out.printf(
                "soak: %,d commits, %,d reads; from a commit to the last old read: median %s, p99 %s, p99.9 %s, most %s%n",
                delays.length,
                seen.reads(),
                millis(Staleness.quantile(delays, 0.5)),
                millis(Staleness.quantile(delays, 0.99)),
                millis(Staleness.quantile(delays, 0.999)),
                millis(delays[delays.length - 1]));
        assertThat(delays).isNotEmpty();
        assertThat(seen.reads()).isPositive();
        if (SECONDS > 0) {
            assertThat(Staleness.quantile(delays, 0.999)).isLessThan(STALEST);
        }
        assertNothingDiffersOnceQuiet("no fault");
    }

    @Test
    void lookups_withFaults_agreeWithPostgresOnceQuiet() {
        awaitFollowed();
        for (int round = 0; round < ROUNDS; round++) {
            for (Fault fault : Fault.values()) {
                CompletableFuture<?> load = CompletableFuture.runAsync(() -> load(LOAD_AROUND_A_FAULT), aside);
                await().until(() -> servers.redisCommands().dbsize() > USERS / 2);
                strike(fault);
                load.join();

                assertNothingDiffersOnceQuiet(fault.toString());
            }
        }
    }

    private enum Fault {
        OWNER_KILLED,
        FEED_CUT,
        REDIS_RESTARTED,
        OWNER_FROZEN_AND_THAWED
    }

    private void strike(Fault fault) {
        switch (fault) {
            case OWNER_KILLED -> killOwner();
            case FEED_CUT -> cutFeed();
            case REDIS_RESTARTED -> restartRedis();
            case OWNER_FROZEN_AND_THAWED -> freezeAndThawOwner();
        }
    }

    private void awaitFollowed() {
        await().atMost(Duration.ofSeconds(20)).until(() -> !owners().isEmpty());
    }

    /** The role of the instance that follows the changes, by which PostgreSQL tells them apart; empty while none does. */
    private List<String> owners() {
        return servers.queryStrings("SELECT usename FROM pg_stat_replication");
    }

    private int awaitOwner() {
        awaitFollowed();
        return ROLES.indexOf(owners().getFirst());
    }

    private void killOwner() {
        int index = awaitOwner();
        instances.get(index).kill();
        startInstance(index);
    }

    private void cutFeed() {
        servers.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE active");
    }

    private void restartRedis() {
        outages.killRedis();
        outages.startRedis();
    }

    private void freezeAndThawOwner() {
        int index = awaitOwner();
        long pid = instances.get(index).pid();
        Signals.freeze(pid);
        await().atMost(Duration.ofSeconds(20)).until(() -> owners().contains(ROLES.get(1 - index)));
        Signals.thaw(pid);
    }

    /** Writers and readers at work for a while. */
    private Staleness load(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        BooleanSupplier goesOn = () -> System.nanoTime() < end;
        List<CompletableFuture<Staleness>> parts = new ArrayList<>();
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            for (int i = 0; i < WRITERS; i++) {
                int writer = i;
                parts.add(CompletableFuture.supplyAsync(() -> write(writer, goesOn), threads));
            }
            for (int i = 0; i < READERS; i++) {
                int reader = i;
                parts.add(CompletableFuture.supplyAsync(() -> read(reader, goesOn), threads));
            }
        }
        Staleness all = new Staleness();
        parts.forEach(part -> all.add(part.join()));
        return all;
    }

    /** Writes its users at random, now and then several in one transaction. */
    private Staleness write(int writer, BooleanSupplier goesOn) {
        Staleness log = new Staleness();
        Random random = new Random(writer);
        String upsert = "INSERT INTO users VALUES (?, ?, 'p') ON CONFLICT (user_id) DO UPDATE SET deeplink ="
                + " excluded.deeplink";
        try (Connection connection = servers.connect();
                PreparedStatement statement = connection.prepareStatement(upsert)) {
            connection.setAutoCommit(false);
            while (goesOn.getAsBoolean()) {
                long version = System.nanoTime();
                int changes = random.nextInt(10) == 0 ? 5 : 1;
                List<String> ids = IntStream.range(0, changes)
                        .mapToObj(i -> "u" + (random.nextInt(USERS / WRITERS) * WRITERS + writer))
                        .distinct()
                        .toList();
                for (String id : ids) {
                    statement.setString(1, id);
                    statement.setString(2, Long.toString(version));
                    statement.executeUpdate();
                }
                connection.commit();
                long at = System.nanoTime();
                ids.forEach(id -> log.committed(id, version, at));
                // The load's pace, and no wait for anything: at full speed the writers would starve the readers.
                Thread.sleep(Duration.ofMillis(random.nextInt(4)));
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return log;
    }

    /** Reads users at random; an instance that does not answer is left for the moment. */
    private Staleness read(int reader, BooleanSupplier goesOn) {
        Staleness log = new Staleness();
        Random random = new Random(reader);
        while (goesOn.getAsBoolean()) {
            try (RawClient client = RawClient.connect(ports.get(reader % ports.size()))) {
                while (goesOn.getAsBoolean()) {
                    String id = "u" + random.nextInt(USERS);
                    long beganAt = System.nanoTime();
                    Response response = client.lookup(id);
                    if (response.status() == 200) {
                        long version = Long.parseLong(new JsonObject(response.body()).getString("deeplink"));
                        log.read(id, version, beganAt, System.nanoTime());
                    }
                }
            } catch (UncheckedIOException gone) {
                // The instance was killed, or stood still for too long; again, perhaps on its new port.
            }
        }
        return log;
    }

    private void assertNothingDiffersOnceQuiet(String after) {
        awaitFollowed();
        Feeds.awaitApplied(servers);
        List<String> differing = new ArrayList<>();
        int cached = 0;
        for (int i = 0; i < USERS; i++) {
            String id = "u" + i;
            String value = servers.cached(id);
            String stored = servers.queryStrings("SELECT deeplink FROM users WHERE user_id = '" + id + "'")
                    .getFirst();
            if (!value.isEmpty()) {
                cached++;
                if (!new JsonObject(value).getString("deeplink").equals(stored)) {
                    differing.add(id);
                }
            }
        }
        System.out.printf("soak: after \"%s\" %d of %d cached users differ%n", after, differing.size(), cached);
        assertThat(differing).as(after).isEmpty();
        assertThat(cached)
                .as(() -> after + "; the instances say:\n"
                        + instances.stream().map(Program::err).toList())
                .isPositive();
    }

    private static String millis(Duration time) {
        return "%.1f ms".formatted(time.toNanos() / 1e6);
    }
}
