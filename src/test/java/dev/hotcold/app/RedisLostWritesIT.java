package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.local.LocalRedis;
import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.RedisClients;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A replica is promoted that did not get the last writes, those of the change feed among them. */
@Timeout(90)
class RedisLostWritesIT {

    private static final Path DIRECTORY = Path.of("target", "redis-lost-writes");
    private static final Duration SOON = Duration.ofSeconds(20);
    private static final int USERS = 200;
    /** Those that change while only the primary hears of it. */
    private static final int CHANGED = 20;

    private final Servers servers = Servers.shared();
    private final LocalRedis first = LocalRedis.start(DIRECTORY, 0, List.of("--repl-diskless-sync-delay", "0"));
    private final LocalRedis second;
    private final FaultProxy address = FaultProxy.to(first.port());
    private final RedisClient toFirst = RedisClients.of(RedisURI.create("127.0.0.1", first.port()));
    private final RedisClient toSecond;
    private final RedisCommands<String, String> atFirst = toFirst.connect().sync();
    private final RedisCommands<String, String> atSecond;

    /** @param copies where the replica writes what it gets from its primary, and must find nothing of another test's */
    RedisLostWritesIT(@TempDir Path copies) {
        this.second = LocalRedis.start(
                DIRECTORY,
                0,
                List.of("--dir", copies.toString(), "--replicaof", "127.0.0.1", Integer.toString(first.port())));
        this.toSecond = RedisClients.of(RedisURI.create("127.0.0.1", second.port()));
        this.atSecond = toSecond.connect().sync();
    }

    @BeforeEach
    void putUsers() {
        servers.sql("INSERT INTO users SELECT 'u' || i, '', 'one' FROM generate_series(1, " + USERS + ") i");
    }

    @AfterEach
    void stop() {
        address.close();
        toFirst.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        toSecond.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        first.close();
        second.close();
    }

    @Test
    void lastChangesAreLost_theirUsersAreReadAgainAndTheOthersAreStillCached() {
        try (TestService service = start()) {
            Feeds.awaitOwner(service);
            cacheAll(service);
            double flushes = service.metric("hotcold_changefeed_clears_total");

            failOverWithoutLastChanges();

            assertOnlyTheChangedAreGone();
            assertAllAreRight(service);
            assertThat(service.metric("hotcold_changefeed_clears_total")).isEqualTo(flushes);
            await().atMost(SOON).until(() -> service.manage("/readyz").body().contains("\"degraded\":{}"));
        }
    }

    /** The other one is as likely to be the next to own the slot, and knows nothing of these changes. */
    @Test
    void lastChangesAreLost_twoInstances_theOneThatKnowsThemGoesOn() {
        try (TestService one = start();
                TestService other = start()) {
            await().atMost(SOON).until(() -> Feeds.isOwner(one) || Feeds.isOwner(other));
            cacheAll(one);

            failOverWithoutLastChanges();

            assertOnlyTheChangedAreGone();
            assertAllAreRight(one);
            assertAllAreRight(other);
        }
    }

    /** Nobody is left who knows what the replica lacks. */
    @Test
    void lastChangesAreLost_withTheirOwner_nobodyIsCachedAnyMore() {
        try (TestService owner = start()) {
            Feeds.awaitOwner(owner);
            cacheAll(owner);
            promoteWithoutLastChanges();
        }
        address.redirect(second.port());

        try (TestService service = start()) {
            Feeds.awaitOwner(service);

            assertThat(cachedIn(atSecond)).isEmpty();
            assertAllAreRight(service);
        }
    }

    private TestService start() {
        Map<String, String> environment = servers.environment();
        environment.put("REDIS_ADDR", address.address());
        environment.put("CHANGE_FEED", "on");
        return TestService.start(environment);
    }

    private void cacheAll(TestService service) {
        await().atMost(SOON).until(() -> {
            IntStream.rangeClosed(1, USERS).forEach(i -> service.lookup("u" + i));
            return cachedIn(atSecond).size() == USERS;
        });
    }

    private void promoteWithoutLastChanges() {
        atSecond.replicaofNoOne();
        servers.sql("UPDATE users SET promo_message = 'two' WHERE user_id IN (SELECT 'u' || i FROM generate_series(1, "
                + CHANGED + ") i)");
        await().atMost(SOON)
                .until(() -> IntStream.rangeClosed(1, CHANGED)
                        .noneMatch(
                                i -> String.valueOf(atFirst.get("user:u" + i)).contains("one")));
        String applied = atFirst.hget("changefeed:hotcold_user_api", "position");
        await().atMost(SOON)
                .until(() -> servers.queryLong("SELECT count(*) FROM pg_replication_slots WHERE confirmed_flush_lsn > '"
                                + atSecond.hget("changefeed:hotcold_user_api", "position")
                                + "' AND confirmed_flush_lsn >= '"
                                + applied + "'")
                        == 1);
    }

    private void failOverWithoutLastChanges() {
        promoteWithoutLastChanges();
        address.redirect(second.port());
    }

    /** In the new primary, before anybody fills anything there. */
    private void assertOnlyTheChangedAreGone() {
        await().atMost(SOON)
                .until(() -> IntStream.rangeClosed(1, CHANGED)
                        .noneMatch(
                                i -> String.valueOf(atSecond.get("user:u" + i)).contains("one")));
        assertThat(cachedIn(atSecond)).hasSizeGreaterThanOrEqualTo(USERS - CHANGED);
    }

    private static List<String> cachedIn(RedisCommands<String, String> redis) {
        return redis.keys("user:[^#]*");
    }

    private void assertAllAreRight(TestService service) {
        Feeds.awaitFollowed(service);
        for (int i = 1; i <= USERS; i++) {
            assertThat(service.lookup("u" + i).body()).contains(i <= CHANGED ? "\"two\"" : "\"one\"");
        }
    }
}
