package dev.hotcold.soak;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.local.LocalRedis;
import dev.hotcold.testkit.Answer;
import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.Signals;
import dev.hotcold.testkit.SteadyLoad;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * An observer from outside, who knows when what was committed, sees no unmarked answer that is older than MAX_STALENESS_MS, from the
 * first request on and whatever fails. That does not depend on how busy the machine is: what a request gets is judged after it was
 * sent.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ObservedStalenessIT {

    private static final Duration MOST = Duration.ofMillis(500);

    /** A call that a request joins may have read the database before it came. */
    private static final Duration SLACK = Duration.ofMillis(50);

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int READS_PER_SECOND = 400;

    @TempDir
    private Path directory;

    private final Servers servers = Servers.start();

    @BeforeEach
    void putUsers() {
        servers.sql("INSERT INTO users SELECT 'u' || i, 'd', '0' FROM generate_series(0, " + (VersionWriter.USERS - 1)
                + ") i");
    }

    @AfterEach
    void stop() {
        servers.close();
    }

    private TestService start(String... more) {
        return TestService.start(
                servers, new String[] {"CHANGE_FEED", "on", "MAX_STALENESS_MS", Long.toString(MOST.toMillis())}, more);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "1000"})
    void nothingFails(String nearCache) {
        try (TestService service = start("NEAR_CACHE_ENTRIES", nearCache)) {
            Feeds.awaitOwner(service);

            Staleness seen = observe(service, () -> passes(Duration.ofSeconds(3)));

            assertThat(seen.stalest()).isLessThan(MOST);
        }
    }

    /** Two deployments, one PostgreSQL, one name of a slot: the owner feeds another Redis. */
    @Test
    void anotherRedisIsFed() {
        try (LocalRedis other = LocalRedis.start(directory);
                TestService owner = start("REDIS_ADDR", other.address())) {
            Feeds.awaitOwner(owner);
            try (TestService service = start()) {

                Staleness seen = observe(service, () -> passes(Duration.ofSeconds(4)));

                assertThat(seen.stalest()).isLessThan(MOST.plus(SLACK));
            }
        }
    }

    /** The observer sees what the bound is for. */
    @Test
    void anotherRedisIsFed_nothingIsDemanded_isOlder() {
        try (LocalRedis other = LocalRedis.start(directory);
                TestService owner = start("REDIS_ADDR", other.address())) {
            Feeds.awaitOwner(owner);
            try (TestService service = start("MAX_STALENESS_MS", "0")) {

                Staleness seen = observe(service, () -> passes(Duration.ofSeconds(4)));

                assertThat(seen.stalest()).isGreaterThan(MOST.multipliedBy(2));
            }
        }
    }

    /** It keeps what it has, and the connections. */
    @Test
    void redisIsDemotedAndPromotedAgain() {
        try (TestService service = start()) {
            Feeds.awaitOwner(service);

            Staleness seen = observe(service, () -> {
                servers.redisCommands().replicaof("127.0.0.1", 1);
                passes(Duration.ofSeconds(3));
                servers.redisCommands().replicaofNoOne();
                passes(Duration.ofSeconds(2));
            });

            assertThat(seen.stalest()).isLessThan(MOST.plus(SLACK));
        }
    }

    private enum End {
        /** As by a host that stands still: PostgreSQL takes three seconds to notice. */
        FROZEN,
        KILLED,
        /** As in a rolling restart: it says that it ends. */
        STOPPED
    }

    @ParameterizedTest
    @EnumSource
    void ownerEnds(End end) {
        Map<String, String> environment = servers.environment();
        environment.put("CHANGE_FEED", "on");
        try (Program owner = Program.start(environment)) {
            owner.awaitPort();
            await().atMost(PATIENCE).until(() -> servers.queryLong("SELECT count(*) FROM pg_stat_replication") == 1);
            try (TestService service = start()) {
                Staleness seen = observe(service, () -> {
                    switch (end) {
                        case FROZEN -> Signals.freeze(owner.pid());
                        case KILLED -> owner.kill();
                        case STOPPED -> owner.terminate();
                    }
                    long struckAt = System.nanoTime();
                    await().atMost(PATIENCE).until(() -> Feeds.isOwner(service));
                    System.out.printf(
                            "observed: owner %s, replaced after %d ms%n",
                            end, (System.nanoTime() - struckAt) / 1_000_000);
                    if (end == End.FROZEN) {
                        Signals.thaw(owner.pid());
                    }
                    passes(Duration.ofSeconds(1));
                });

                assertThat(seen.stalest()).isLessThan(MOST.plus(SLACK));
            }
        }
    }

    /** Looks up and writes from before until after something happens. */
    private Staleness observe(TestService service, Runnable happens) {
        Staleness seen;
        List<Answer> answers;
        try (VersionWriter writer = VersionWriter.begin(servers)) {
            try (SteadyLoad load =
                    SteadyLoad.begin(service.port(), READS_PER_SECOND, i -> "u" + i % VersionWriter.USERS)) {
                await().until(() -> load.answeredSince(0) > READS_PER_SECOND);
                happens.run();
                answers = load.end();
            }
            seen = writer.end();
        }
        long unmarked = 0;
        for (Answer answer : answers) {
            assertThat(answer.status()).as(answer.toString()).isEqualTo(200);
            if (!answer.cacheStatus().contains("detail=unproven")) {
                unmarked++;
                seen.read(answer.userId(), version(answer), answer.dueAt(), answer.answeredAt());
            }
        }
        System.out.printf(
                "observed: %d answers, %d of them unmarked; the stalest of these %d ms%n",
                answers.size(), unmarked, seen.stalest().toMillis());
        assertThat(unmarked).isPositive();
        return seen;
    }

    private static long version(Answer answer) {
        return Long.parseLong(new JsonObject(answer.response().body()).getString("promo_message"));
    }

    /** The load goes on. */
    private static void passes(Duration time) {
        long until = System.nanoTime() + time.toNanos();
        await().atMost(time.multipliedBy(3)).until(() -> System.nanoTime() - until > 0);
    }
}
