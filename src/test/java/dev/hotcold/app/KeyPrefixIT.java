package dev.hotcold.app;

import static dev.hotcold.testkit.OwnersDatabase.awaitPromo;
import static dev.hotcold.testkit.OwnersDatabase.awaitReason;
import static dev.hotcold.testkit.OwnersDatabase.cache;
import static dev.hotcold.testkit.OwnersDatabase.promo;
import static dev.hotcold.testkit.TwoDatabases.Which.A;
import static dev.hotcold.testkit.TwoDatabases.Which.B;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.TestService;
import dev.hotcold.testkit.TwoDatabases;
import io.lettuce.core.AclSetuserArgs;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two deployments that share a Redis, each with a database and a prefix of its own: neither notices the other. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class KeyPrefixIT {

    private static final String[] NAMES = {"alice", "bob"};

    private static TwoDatabases databases;

    @BeforeAll
    static void start() {
        databases = new TwoDatabases();
    }

    @AfterAll
    static void stop() {
        databases.close();
    }

    @BeforeEach
    void putUsers() {
        databases.servers().redisCommands().flushall();
        databases.sql(A, "DELETE FROM users");
        databases.sql(B, "DELETE FROM users");
        Stream.of(NAMES).forEach(databases::put);
    }

    private static TestService following(TwoDatabases.Which which, String prefix, String... further) {
        String[] settings = {"CHANGE_FEED", "on", "REDIS_KEY_PREFIX", prefix};
        return databases.service(
                which, Stream.concat(Stream.of(settings), Stream.of(further)).toArray(String[]::new));
    }

    private static List<String> keys(String pattern) {
        return databases.servers().redisCommands().keys(pattern);
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "100"})
    void prefixes_ofTheirOwn_keepServingFollowingAndFlushingApart(String nearEntries) {
        try (TestService a = following(A, "a:", "NEAR_CACHE_ENTRIES", nearEntries);
                TestService b = following(B, "b:", "NEAR_CACHE_ENTRIES", nearEntries)) {
            Feeds.awaitOwner(a);
            Feeds.awaitOwner(b);
            for (String name : NAMES) {
                cache(a, name);
                cache(b, name);
                // More often, for the near cache.
                for (int i = 0; i < 5; i++) {
                    assertThat(promo(a, name)).isEqualTo("of A");
                    assertThat(promo(b, name)).isEqualTo("of B");
                }
            }

            databases.change(A, "alice", "new of A");
            awaitPromo(a, "alice", "new of A");
            assertThat(promo(b, "alice")).isEqualTo("of B");
            databases.change(B, "alice", "new of B");
            awaitPromo(b, "alice", "new of B");
            assertThat(promo(a, "alice")).isEqualTo("new of A");

            databases.sql(A, "TRUNCATE users");
            awaitPromo(a, "bob", "");
            assertThat(keys("a:user:[^#]*")).isEmpty();
            assertThat(keys("b:user:[^#]*")).hasSize(NAMES.length);
            assertThat(b.lookup("bob").header("Cache-Status")).isEqualTo("redis; hit");
            for (TestService each : List.of(a, b)) {
                assertThat(new JsonObject(each.manage("/readyz").body()).getJsonObject("degraded"))
                        .isEmpty();
            }
        }
        assertThat(keys("*")).allMatch(key -> key.startsWith("a:") || key.startsWith("b:"));
    }

    @Test
    void verify_ofOne_findsItsOwnOnlyAndLeavesTheOthers() {
        try (TestService a = databases.service(A, "CHANGE_FEED", "off", "REDIS_KEY_PREFIX", "a:");
                TestService b = databases.service(B, "CHANGE_FEED", "off", "REDIS_KEY_PREFIX", "b:");
                TestService plain = databases.service(A, "CHANGE_FEED", "off", "REDIS_DB", "0")) {
            for (TestService each : List.of(a, b, plain)) {
                cache(each, "alice");
            }
        }

        assertThat(verify(B).exitCode()).isZero();
        databases.change(A, "alice", "new of A");
        Program.Ended ended = verify(A);

        assertThat(ended.out()).contains("stale: alice, removed", "compared 1 users: 1 stale");
        assertThat(keys("*user:alice")).containsExactlyInAnyOrder("b:user:alice", "user:alice");
    }

    private static Program.Ended verify(TwoDatabases.Which which) {
        String prefix = which == A ? "a:" : "b:";
        return Program.run(databases.environment(which, "REDIS_KEY_PREFIX", prefix), "verify", "--all", "--remove");
    }

    @Test
    void restrictedUser_ofOnePattern_mayDoAllThatIsNeeded() {
        databases
                .servers()
                .redisCommands()
                .aclSetuser(
                        "a",
                        AclSetuserArgs.Builder.reset()
                                .on()
                                .addPassword("pw")
                                .keyPattern("a:*")
                                .allCommands());
        String[] login = {"REDIS_USERNAME", "a", "REDIS_PASSWORD", "pw", "NEAR_CACHE_ENTRIES", "10"};
        try (TestService service = following(A, "a:", login)) {
            Feeds.awaitOwner(service);
            cache(service, "alice");
            databases.change(A, "alice", "new");

            awaitPromo(service, "alice", "new");
            await().until(() -> service.lookup("nobody").status() == 404);
            assertThat(new JsonObject(service.manage("/readyz").body()).getJsonObject("degraded"))
                    .isEmpty();
        }
    }

    /** Nobody writes beats under the prefix of the one that does not follow: it says so, and what it says helps. */
    @Test
    void oneSlot_twoPrefixes_isSaidAndServedFromPostgres() {
        try (TestService first = following(A, "a:");
                TestService second = following(A, "b:")) {
            TestService other = Feeds.isOwner(first) ? second : first;

            awaitReason(other, "whoever follows CHANGE_FEED_SLOT must have the same REDIS_ADDR and REDIS_KEY_PREFIX");
            databases.change(A, "alice", "new");
            assertThat(promo(other, "alice")).isEqualTo("new");
        }
        try (TestService first = following(A, "a:");
                TestService second = following(A, "b:", "CHANGE_FEED_SLOT", "slot_of_b")) {
            Feeds.awaitOwner(first);
            Feeds.awaitOwner(second);
        }
    }
}
