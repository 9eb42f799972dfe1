package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Answer;
import dev.hotcold.testkit.Outages;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.SteadyLoad;
import dev.hotcold.testkit.TestService;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * A store is lost and comes back while cached users are looked up at a high rate. {@code -Doutage.rate} is the lookups
 * per second, {@code -Doutage.seconds} how long PostgreSQL is away.
 */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
@ExtendWith(RealServers.class)
class OutageUnderLoadIT {

    private static final int PER_SECOND = Integer.getInteger("outage.rate", 1000);
    private static final int USERS = 500;

    /** How long PostgreSQL is away. */
    private static final int SECONDS = Integer.getInteger("outage.seconds", 5);

    /** How long users are cached meanwhile. */
    private static final Duration TTL = Duration.ofSeconds(2);

    private static final Duration EDGE = Duration.ofSeconds(1);
    private static final Duration RECOVERY = Duration.ofSeconds(20);

    private final Outages outages;

    OutageUnderLoadIT(Outages outages) {
        this.outages = outages;
    }

    @BeforeEach
    void putUsers() {
        outages.servers()
                .sql("INSERT INTO users SELECT 'u' || i, 'app://u' || i, 'promo u' || i FROM generate_series(0, "
                        + (USERS - 1) + ") i");
    }

    @Test
    void lookup_redisKilledAndRestarted_getsNoError() {
        try (TestService service = TestService.start(outages.servers(), "CHANGE_FEED", "auto");
                SteadyLoad load = beginOnCachedUsers(service)) {
            outages.killRedis();
            long lostAt = System.nanoTime();
            awaitAnswered(load, lostAt, 4 * PER_SECOND);
            long endingAt = System.nanoTime();
            outages.startRedis();
            long backAt = System.nanoTime();
            awaitAllFresh(load, backAt);

            List<Answer> answers = load.end();

            assertAllRight(answers);
            List<Answer> steady = between(answers, lostAt + EDGE.toNanos(), endingAt);
            assertThat(steady)
                    .isNotEmpty()
                    .noneMatch(answer -> answer.cacheStatus().startsWith("redis; hit"));
            print("without Redis", steady);
            print("before", between(answers, 0, lostAt));
            System.out.printf(
                    "outage: first hit %d ms after the start of Redis%n",
                    answers.stream()
                            .filter(answer -> answer.answeredAt() > backAt && isFresh(answer))
                            .mapToLong(answer -> TimeUnit.NANOSECONDS.toMillis(answer.answeredAt() - backAt))
                            .min()
                            .orElseThrow());
        }
    }

    @Test
    void lookup_postgresKilledForLongerThanTheSoftTtl_isServedStale() {
        try (TestService service = TestService.start(
                        outages.servers(),
                        "CHANGE_FEED",
                        "auto",
                        "CACHE_TTL_SECONDS",
                        Long.toString(TTL.toSeconds()),
                        "CACHE_STALE_SECONDS",
                        "3600");
                SteadyLoad load = beginOnCachedUsers(service)) {
            outages.killPostgres();
            long lostAt = System.nanoTime();
            awaitAnswered(load, lostAt, SECONDS * PER_SECOND);
            long endingAt = System.nanoTime();
            outages.startPostgres();
            long backAt = System.nanoTime();
            awaitNoneStale(load, backAt);

            List<Answer> answers = load.end();

            // A busy machine may keep even a healthy Redis from replying in time, and then there is no other source.
            List<Answer> unanswered =
                    answers.stream().filter(answer -> answer.status() == 500).toList();
            assertThat(unanswered).hasSizeLessThanOrEqualTo(Math.toIntExact(service.redisFailures()));
            assertAllRight(without(unanswered, answers));
            List<Answer> steady =
                    without(unanswered, between(answers, lostAt + TTL.plus(EDGE).toNanos(), endingAt));
            assertThat(steady)
                    .isNotEmpty()
                    .allMatch(answer -> answer.cacheStatus().startsWith("redis; hit")
                            && answer.cacheStatus().contains("detail=stale"));
            print("without PostgreSQL", steady);
            System.out.printf(
                    "outage: last old answer %d ms after the start of PostgreSQL%n",
                    answers.stream()
                            .filter(answer -> answer.cacheStatus().contains("detail=stale"))
                            .mapToLong(answer -> TimeUnit.NANOSECONDS.toMillis(answer.answeredAt() - backAt))
                            .max()
                            .orElseThrow());
        }
    }

    /** A load on users that are all cached and read as hits. */
    private static SteadyLoad beginOnCachedUsers(TestService service) {
        await().atMost(RECOVERY)
                .until(() -> IntStream.range(0, USERS)
                                .filter(i -> !service.lookup("u" + i)
                                        .header("Cache-Status")
                                        .startsWith("redis; hit"))
                                .count()
                        == 0);
        SteadyLoad load = SteadyLoad.begin(service.port(), PER_SECOND, i -> "u" + i % USERS);
        awaitAnswered(load, System.nanoTime(), PER_SECOND);
        return load;
    }

    private static void awaitAnswered(SteadyLoad load, long since, int number) {
        await().atMost(Duration.ofSeconds(60 + 2 * SECONDS)).until(() -> load.answeredSince(since) >= number);
    }

    /** Waits until every user was a hit, one after the other. */
    private static void awaitAllFresh(SteadyLoad load, long since) {
        await().atMost(RECOVERY).until(() -> {
            List<Answer> answers = between(load.answers(), since, Long.MAX_VALUE);
            return answers.size() > USERS
                    && answers.subList(answers.size() - USERS, answers.size()).stream()
                            .allMatch(OutageUnderLoadIT::isFresh);
        });
    }

    /** Waits until no user is read as an old one. */
    private static void awaitNoneStale(SteadyLoad load, long since) {
        await().atMost(RECOVERY).until(() -> {
            List<Answer> answers = between(load.answers(), since, Long.MAX_VALUE);
            return answers.size() > USERS
                    && answers.subList(answers.size() - USERS, answers.size()).stream()
                            .noneMatch(answer -> answer.cacheStatus().contains("detail=stale"));
        });
    }

    private static boolean isFresh(Answer answer) {
        return answer.cacheStatus().startsWith("redis; hit")
                && !answer.cacheStatus().contains("detail=");
    }

    private static List<Answer> without(List<Answer> some, List<Answer> answers) {
        return answers.stream().filter(answer -> !some.contains(answer)).toList();
    }

    private static void assertAllRight(List<Answer> answers) {
        assertThat(answers.stream().filter(answer -> !isRight(answer))).isEmpty();
    }

    private static boolean isRight(Answer answer) {
        return LookupKind.MISS.isRight(answer.userId(), answer.response());
    }

    private static List<Answer> between(List<Answer> answers, long from, long until) {
        return answers.stream()
                .filter(answer -> answer.dueAt() >= from && answer.answeredAt() < until)
                .toList();
    }

    private static void print(String when, List<Answer> answers) {
        System.out.printf(
                "outage: %s, %,d lookups at %,d/s: p50 %.1f ms, p99 %.1f ms, slowest %.0f ms%n",
                when,
                answers.size(),
                PER_SECOND,
                Answer.quantile(answers, 0.5).toNanos() / 1e6,
                Answer.quantile(answers, 0.99).toNanos() / 1e6,
                Answer.quantile(answers, 1).toNanos() / 1e6);
    }
}
