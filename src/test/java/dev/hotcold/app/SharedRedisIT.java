package dev.hotcold.app;

import static dev.hotcold.testkit.OwnersDatabase.awaitPromo;
import static dev.hotcold.testkit.OwnersDatabase.cache;
import static dev.hotcold.testkit.OwnersDatabase.promo;
import static dev.hotcold.testkit.TwoDatabases.Which.A;
import static dev.hotcold.testkit.TwoDatabases.Which.B;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import dev.hotcold.testkit.TwoDatabases;
import dev.hotcold.testkit.TwoDatabases.Which;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.protocol.CommandType;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Two deployments that share a Redis and its keys by mistake: the second leaves the cache to the first while that lives. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
class SharedRedisIT {

    private static final String HIT = "redis; hit";
    private static final String MARK = "user:#deployment";

    /** More than a claim lives that nobody renews, for a machine that is busy. */
    private static final Duration TAKEN_OVER = Duration.ofSeconds(90);

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
    void putUser() {
        databases.servers().redisCommands().flushall();
        databases.sql(A, "DELETE FROM users");
        databases.sql(B, "DELETE FROM users");
        databases.put("alice");
    }

    private static String redisReasons(TestService service) {
        return String.valueOf(new JsonObject(service.manage("/readyz").body())
                .getJsonObject("degraded")
                .getJsonArray("redis"));
    }

    private static void plant(String key, String value) {
        databases.servers().redisCommands().set(key, value.getBytes(StandardCharsets.UTF_8));
    }

    private static String user(String promoMessage) {
        return "{\"user_id\":\"alice\",\"deeplink\":\"d\",\"promo_message\":\"" + promoMessage + "\"}";
    }

    @ParameterizedTest
    @CsvSource({"off, 0", "off, 100", "on, 0", "on, 100"})
    void otherDeployment_whileTheFirstLives_isServedByItsDatabaseAlone(String feed, String nearEntries) {
        String[] settings = {"CHANGE_FEED", feed, "NEAR_CACHE_ENTRIES", nearEntries};
        try (TestService a = databases.service(A, settings)) {
            cache(a, "alice");
            try (TestService b = databases.service(B, settings)) {
                for (int i = 0; i < 20; i++) {
                    assertThat(promo(b, "alice")).isEqualTo("of B");
                    assertThat(b.lookup("alice").header("Cache-Status")).isNotEqualTo(HIT);
                    assertThat(b.lookup("nobody").status()).isEqualTo(404);
                }
                assertThat(redisReasons(b))
                        .contains("public.users in database postgres", "public.users in database other")
                        .contains("REDIS_KEY_PREFIX", "REDIS_ADDR");
                databases.change(B, "alice", "new of B");
                assertThat(promo(b, "alice")).isEqualTo("new of B");

                assertThat(promo(a, "alice")).isEqualTo("of A");
                await().until(() -> a.lookup("alice").header("Cache-Status").equals(HIT));
                assertThat(databases.servers().cached("alice")).contains("of A");
                assertThat(redisReasons(a)).isEqualTo("null");
                databases.sql(B, "TRUNCATE users");
                awaitPromo(b, "alice", "");
                assertThat(databases.servers().cached("alice")).contains("of A");
            }
        }
    }

    /** As of production and staging: PostgreSQL's system identifier tells them apart. */
    @Test
    void otherServer_withADatabaseAndTableOfTheSameName_isAnotherDeployment() {
        try (Servers servers = Servers.start();
                TestService a = databases.service(A, "CHANGE_FEED", "off")) {
            servers.put("alice", "d", "of another server");
            cache(a, "alice");
            Map<String, String> environment = databases.environment(A, "CHANGE_FEED", "off");
            environment.put("DATABASE_URL", servers.postgres().databaseUrl());
            try (TestService b = TestService.start(environment)) {
                assertThat(promo(b, "alice")).isEqualTo("of another server");
                assertThat(redisReasons(b)).contains(systemOf(databases.servers()), systemOf(servers));
                assertThat(a.lookup("alice").header("Cache-Status")).isEqualTo(HIT);
            }
        }
    }

    private static String systemOf(Servers servers) {
        return servers.queryStrings("SELECT system_identifier::text FROM pg_control_system()")
                .getFirst();
    }

    /** Before it is migrated: nobody's row is better than another's. */
    @Test
    void otherDeployment_withoutATable_servesNobodyElsesUsers() {
        databases.sql(B, "ALTER TABLE users RENAME TO people");
        try (TestService a = databases.service(A, "CHANGE_FEED", "off")) {
            cache(a, "alice");
            try (TestService b = databases.service(B, "CHANGE_FEED", "off")) {
                assertThat(b.lookup("alice").status()).isEqualTo(500);
                databases.sql(B, "ALTER TABLE people RENAME TO users");
                awaitPromo(b, "alice", "of B");
            }
            assertThat(a.lookup("alice").header("Cache-Status")).isEqualTo(HIT);
        } finally {
            databases.sql(B, "ALTER TABLE IF EXISTS people RENAME TO users");
        }
    }

    /** One database, and a table for each tenant. */
    @Test
    void otherSchema_ofTheSameDatabase_isAnotherDeployment() {
        databases.sql(
                A,
                "CREATE SCHEMA IF NOT EXISTS tenant; CREATE TABLE IF NOT EXISTS tenant.users (LIKE public.users);"
                        + " TRUNCATE tenant.users; INSERT INTO tenant.users VALUES ('alice', 'd', 'of tenant')");
        Map<String, String> environment = databases.environment(A, "CHANGE_FEED", "off");
        environment.computeIfPresent("DATABASE_URL", (name, url) -> url + "&search_path=tenant");
        try (TestService a = databases.service(A, "CHANGE_FEED", "off");
                TestService tenant = TestService.start(environment)) {
            cache(a, "alice");

            assertThat(promo(tenant, "alice")).isEqualTo("of tenant");
            assertThat(redisReasons(tenant)).contains("public.users in database postgres", "tenant.users in database");
        }
    }

    /** What the reason says to do. */
    @Test
    void otherDeployment_withAPrefix_isCachedToo() {
        try (TestService a = databases.service(A, "CHANGE_FEED", "off");
                TestService b = databases.service(B, "CHANGE_FEED", "off", "REDIS_KEY_PREFIX", "b:")) {
            cache(a, "alice");
            cache(b, "alice");

            assertThat(promo(a, "alice")).isEqualTo("of A");
            assertThat(promo(b, "alice")).isEqualTo("of B");
        }
    }

    @ParameterizedTest
    @CsvSource({"off, 0", "on, 100"})
    void otherDeployment_theFirstStops_takesOverWithoutItsUsers(String feed, String nearEntries) {
        String[] settings = {"CHANGE_FEED", feed, "NEAR_CACHE_ENTRIES", nearEntries};
        TestService a = databases.service(A, settings);
        try (TestService b = databases.service(B, settings)) {
            if (feed.equals("on")) {
                Feeds.awaitOwner(a);
            }
            cache(a, "alice");
            plant("absent:{user:bob}", "1");
            plant("user:alice:sessions", "somebody else's");
            databases.sql(B, "INSERT INTO users VALUES ('bob', 'd', 'of B')");
            a.close();

            await().atMost(TAKEN_OVER).until(() -> {
                assertThat(promo(b, "alice")).isEqualTo("of B");
                assertThat(promo(b, "bob")).isEqualTo("of B");
                return b.lookup("alice").header("Cache-Status").equals(HIT);
            });

            assertThat(databases.servers().cached("alice")).contains("of B");
            assertThat(databases.servers().redisCommands().exists("absent:{user:bob}"))
                    .isZero();
            assertThat(databases.servers().redisCommands().exists("user:alice:sessions"))
                    .isOne();
            if (feed.equals("on")) {
                Feeds.awaitOwner(b);
                assertThat(databases.servers().redisCommands().keys("changefeed:*"))
                        .containsExactly("changefeed:slot_of_other");
                databases.change(B, "alice", "new of B");
                awaitPromo(b, "alice", "new of B");
            }
            await().untilAsserted(() -> assertThat(redisReasons(b)).isEqualTo("null"));
        } finally {
            a.close();
        }
    }

    @Test
    void otherDeployment_theFirstIsKilled_takesOverOnceItsClaimIsOver() {
        Map<String, String> environment = databases.environment(A, "CHANGE_FEED", "off");
        try (Program a = Program.start(environment);
                TestService early = databases.service(B, "CHANGE_FEED", "off", "REDIS_DB", "1")) {
            cache(early, "alice");
            a.awaitPort();
            await().until(() -> databases.servers().redisCommands().exists(MARK) == 1);
            plant("user:alice", user("of A"));
            a.kill();
            try (TestService b = databases.service(B, "CHANGE_FEED", "off")) {
                await().atMost(TAKEN_OVER).until(() -> {
                    assertThat(promo(b, "alice")).isEqualTo("of B");
                    return b.lookup("alice").header("Cache-Status").equals(HIT);
                });
            }
        }
    }

    @Test
    void sameDeployment_afterARestart_findsItsCacheWarm() {
        try (TestService before = databases.service(A, "CHANGE_FEED", "off")) {
            cache(before, "alice");
        }
        try (TestService after = databases.service(A, "CHANGE_FEED", "off")) {
            assertThat(after.lookup("alice").header("Cache-Status")).isEqualTo(HIT);
        }
    }

    /** As a version before it leaves it. */
    @Test
    void cacheWithoutAMark_isTakenAsItIs() {
        plant("user:alice", user("cached"));
        try (TestService service = databases.service(A, "CHANGE_FEED", "off")) {
            assertThat(promo(service, "alice")).isEqualTo("cached");
            assertThat(databases.servers().redisCommands().exists(MARK)).isOne();
        }
    }

    @Test
    void cacheIsEmptied_ownerAndAnother_staysTheOwners() {
        try (TestService a = databases.service(A, "CHANGE_FEED", "off");
                TestService b = databases.service(B, "CHANGE_FEED", "off")) {
            await().until(() -> redisReasons(b).contains("has the cache of"));
            databases.servers().redisCommands().flushall();

            cache(a, "alice");
            await().until(() -> databases.servers().redisCommands().exists(MARK) == 1);
            assertThat(new String(databases.servers().redisCommands().get(MARK), StandardCharsets.UTF_8))
                    .contains("\"database\":\"postgres\"");
            assertThat(promo(b, "alice")).isEqualTo("of B");
        }
    }

    /** The feed of the other one looks again and again, and the first one claims the cache anew within a second. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void markIsLost_ownerAndAnotherWithAFeed_staysTheOwners(boolean everythingIsLost) {
        try (TestService a = databases.service(A, "CHANGE_FEED", "on");
                TestService b = databases.service(B, "CHANGE_FEED", "on")) {
            Feeds.awaitOwner(a);
            await().until(() -> redisReasons(b).contains("has the cache of"));
            for (int round = 0; round < 8; round++) {
                if (everythingIsLost) {
                    databases.servers().redisCommands().flushall();
                } else {
                    databases.servers().redisCommands().del(MARK);
                }

                await().pollInterval(Duration.ofMillis(5)).until(() -> {
                    assertThat(databases.servers().redisCommands().keys("changefeed:slot_of_other"))
                            .isEmpty();
                    return databases.servers().redisCommands().exists(MARK) == 1;
                });
                // Once it has seen nobody's for three seconds it is to take it.
                await().until(() -> redisReasons(b).contains("has the cache of"));
            }

            cache(a, "alice");
            assertThat(promo(b, "alice")).isEqualTo("of B");
            Feeds.awaitOwner(a);
            assertThat(Feeds.isOwner(b)).isFalse();
        }
    }

    /** The rest of a takeover that was broken off. */
    @Test
    void cacheHalfCleared_isClearedBeforeAnybodyReadsIt() {
        try (TestService first = databases.service(A, "CHANGE_FEED", "off")) {
            cache(first, "alice");
        }
        String mark = new String(databases.servers().redisCommands().get(MARK), StandardCharsets.UTF_8);
        plant(MARK, "{\"clearing\":\"nobody\"," + mark.substring(1));
        plant("user:alice", user("of nobody known"));
        databases.servers().redisCommands().del("user:#alive");

        try (TestService service = databases.service(A, "CHANGE_FEED", "off")) {
            await().atMost(TAKEN_OVER).until(() -> {
                assertThat(promo(service, "alice")).isEqualTo("of A");
                return service.lookup("alice").header("Cache-Status").equals(HIT);
            });
        }
    }

    @Test
    void redisUserWithoutScripts_anothersMark_isHeeded() {
        databases
                .servers()
                .redisCommands()
                .aclSetuser(
                        "reader",
                        AclSetuserArgs.Builder.reset()
                                .on()
                                .addPassword("pw")
                                .allKeys()
                                .allCommands()
                                .removeCommand(CommandType.EVAL)
                                .removeCommand(CommandType.EVALSHA));
        String[] settings = {"CHANGE_FEED", "off", "REDIS_USERNAME", "reader", "REDIS_PASSWORD", "pw"};
        try (TestService a = databases.service(A, "CHANGE_FEED", "off");
                TestService sameWithout = databases.service(A, settings);
                TestService b = databases.service(B, settings)) {
            cache(a, "alice");

            assertThat(sameWithout.lookup("alice").header("Cache-Status")).isEqualTo(HIT);
            assertThat(promo(b, "alice")).isEqualTo("of B");
            assertThat(redisReasons(b)).contains("public.users in database postgres");
        }
    }

    /** As with a managed PostgreSQL: then database and table tell deployments apart, and those that do not know trust those that do. */
    @Test
    void systemThatIsNotTold_isComparedByDatabaseAndTable() {
        databases.sql(A, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
        databases.sql(B, "REVOKE EXECUTE ON FUNCTION pg_control_system() FROM PUBLIC");
        databases.servers().sql("CREATE ROLE simple LOGIN");
        databases.sql(A, "GRANT SELECT ON users TO simple");
        databases.sql(B, "GRANT SELECT ON users TO simple");
        try (TestService a = databases.service(A, "CHANGE_FEED", "off");
                TestService same = TestService.start(asSimple(A));
                TestService b = TestService.start(asSimple(B))) {
            cache(a, "alice");

            assertThat(same.lookup("alice").header("Cache-Status")).isEqualTo(HIT);
            assertThat(promo(b, "alice")).isEqualTo("of B");
            assertThat(redisReasons(b))
                    .contains("public.users in database postgres", "this is public.users in database other:");
        }
    }

    private static Map<String, String> asSimple(Which which) {
        Map<String, String> environment = databases.environment(which, "CHANGE_FEED", "off");
        environment.computeIfPresent("DATABASE_URL", (name, url) -> url.replace("//postgres@", "//simple@"));
        return environment;
    }

    @Test
    void verify_ofAnother_refusesAndRemovesNothing() {
        try (TestService a = databases.service(A, "CHANGE_FEED", "off")) {
            cache(a, "alice");

            Program.Ended ended = Program.run(databases.environment(B), "verify", "--all", "--remove");

            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.err())
                    .contains(
                            "public.users in database postgres", "public.users in database other", "REDIS_KEY_PREFIX");
            assertThat(databases.servers().cached("alice")).contains("of A");
        }
    }

    /** Which deployment it is nobody can say then, and hits are better than nothing. */
    @Test
    void postgresIsDownAtTheStart_hitsAreServed() {
        try (TestService before = databases.service(A, "CHANGE_FEED", "off")) {
            cache(before, "alice");
        }
        Map<String, String> environment = databases.environment(A, "CHANGE_FEED", "off");
        environment.put("DATABASE_URL", "postgres://postgres@127.0.0.1:1/postgres?sslmode=disable");
        try (TestService service = TestService.start(environment)) {
            assertThat(service.lookup("alice").header("Cache-Status")).isEqualTo(HIT);
        }
    }
}
