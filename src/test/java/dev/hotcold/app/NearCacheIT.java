package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.SetArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Users in demand are served from memory, and never after Redis has told of a change. */
class NearCacheIT {

    private static final String HITS = "hotcold_near_hits_total";

    private final Servers servers = Servers.shared();

    /** Somebody else's change of what is cached. */
    private enum Change {
        SET {
            @Override
            void make(Servers servers) {
                servers.redisCommands().set("user:alice", value("new"));
            }
        },
        DELETE {
            @Override
            void make(Servers servers) {
                servers.redisCommands().del("user:alice");
            }
        },
        EXPIRE {
            @Override
            void make(Servers servers) {
                servers.redisCommands().pexpire("user:alice", 1);
            }
        },
        FLUSH {
            @Override
            void make(Servers servers) {
                servers.redisCommands().flushall();
            }
        };

        /** PostgreSQL has the new user already. */
        abstract void make(Servers servers);
    }

    private static byte[] value(String deeplink) {
        return value("alice", deeplink);
    }

    private static byte[] value(String id, String deeplink) {
        return ("{\"user_id\":\"" + id + "\",\"deeplink\":\"" + deeplink + "\",\"promo_message\":\"p\"}")
                .getBytes(StandardCharsets.UTF_8);
    }

    /** So patient that a busy machine does not make it do without Redis. */
    private TestService start(String... more) {
        String[] settings = {
            "NEAR_CACHE_ENTRIES",
            "1000",
            "REQUEST_TIMEOUT_MS",
            "20000",
            "REDIS_READ_TIMEOUT_MS",
            "5000",
            "REDIS_DIAL_TIMEOUT_MS",
            "5000"
        };
        return TestService.start(servers, settings, more);
    }

    private static String deeplink(TestService service) {
        return service.lookup("alice").body().replaceAll(".*\"deeplink\":\"([^\"]*)\".*", "$1");
    }

    /** Hits are told by the event loops a little later. */
    private static double hits(TestService service) {
        double[] last = {-1};
        await().pollDelay(Duration.ofMillis(150))
                .pollInterval(Duration.ofMillis(150))
                .until(() -> {
                    double before = last[0];
                    last[0] = service.metric(HITS);
                    return last[0] == before;
                });
        return last[0];
    }

    /** Lookups one after the other take one connection, and so one event loop. */
    private static void awaitNear(TestService service, BooleanSupplier lookups) {
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            double before = hits(service);
            for (int i = 0; i < 20; i++) {
                assertThat(lookups.getAsBoolean()).isTrue();
            }
            return hits(service) - before >= 15;
        });
    }

    private void cacheNear(TestService service) {
        servers.put("alice", "old", "p");
        awaitNear(service, () -> deeplink(service).equals("old"));
    }

    private long readsOfRedis() {
        return servers.redisCommands()
                .info("commandstats")
                .lines()
                .filter(line -> line.startsWith("cmdstat_mget:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll(".*calls=(\\d+),.*", "$1")))
                .findFirst()
                .orElse(0);
    }

    @Test
    void lookup_inDemand_doesNotAskRedis() {
        try (TestService service = start()) {
            cacheNear(service);
            long before = readsOfRedis();

            for (int i = 0; i < 200; i++) {
                assertThat(service.lookup("alice").header("Cache-Status")).isEqualTo("redis; hit");
            }

            assertThat(readsOfRedis() - before).isLessThan(20);
            assertThat(service.metric("hotcold_near_entries")).isBetween(1.0, 2.0);
        }
    }

    @ParameterizedTest
    @EnumSource
    void lookup_changedInRedis_readsTheChange(Change change) {
        try (TestService service = start()) {
            cacheNear(service);
            servers.put("alice", "new", "p");
            assertThat(deeplink(service)).isEqualTo("old");

            change.make(servers);

            await().atMost(Duration.ofSeconds(5)).until(() -> deeplink(service).equals("new"));
            for (int i = 0; i < 100; i++) {
                assertThat(deeplink(service)).isEqualTo("new");
            }
            assertThat(service.metric("hotcold_near_invalidations_total")
                            + service.metric("hotcold_near_flushes_total"))
                    .isPositive();
        }
    }

    @Test
    void lookup_changedInPostgres_readsTheChangeOnceTheFeedHasAppliedIt() {
        try (Servers own = Servers.start();
                TestService service = TestService.start(own, "NEAR_CACHE_ENTRIES", "1000", "CHANGE_FEED", "on")) {
            Feeds.awaitOwner(service);
            own.put("alice", "old", "p");
            Feeds.awaitApplied(own);
            awaitNear(service, () -> deeplink(service).equals("old"));

            own.put("alice", "new", "p");
            Feeds.awaitApplied(own);

            await().atMost(Duration.ofSeconds(5)).until(() -> deeplink(service).equals("new"));
            awaitNear(service, () -> deeplink(service).equals("new"));
        }
    }

    @Test
    void lookup_cachedUserWithoutAnEndOfItsTime_isServedNoLongerThanItsKeyLives() {
        try (TestService service = start("CACHE_STALE_SECONDS", "0")) {
            cacheNear(service);
            servers.put("alice", "new", "p");
            servers.redisCommands().set("user:alice", value("short"), SetArgs.Builder.px(4000));
            long endsBy = System.nanoTime() + Duration.ofSeconds(4).toNanos();

            await().until(() -> deeplink(service).equals("short"));
            awaitNear(service, () -> !deeplink(service).equals("old"));
            await().atMost(Duration.ofSeconds(10)).until(() -> System.nanoTime() > endsBy);

            assertThat(deeplink(service)).isEqualTo("new");
        }
    }

    @Test
    void bypass_userInDemand_readsPostgresAndSoDoLookupsAfterIt() {
        try (TestService service = start("CACHE_BYPASS", "on")) {
            cacheNear(service);
            servers.put("alice", "new", "p");
            try (RawClient client = RawClient.connect(service.port())) {
                String request = "GET /v1/users?user_id=alice HTTP/1.1\r\nHost: localhost\r\n";

                assertThat(client.send(request + "Cache-Control: no-cache\r\n\r\n")
                                .readResponse()
                                .body())
                        .contains("ok:postgres", "\"new\"");
                // On the same connection, and so the same event loop: at once.
                assertThat(client.send(request + "\r\n").readResponse().body()).contains("\"new\"");
            }
            await().atMost(Duration.ofSeconds(5)).until(() -> deeplink(service).equals("new"));
        }
    }

    @Test
    void lookup_valueThatIsNoUser_isNeverKept() {
        servers.put("alice", "d", "p");
        byte[] noUser =
                "{\"user_id\":\"bob\",\"deeplink\":\"d\",\"promo_message\":\"p\"}".getBytes(StandardCharsets.UTF_8);
        try (TestService service = start()) {
            for (int i = 0; i < 50; i++) {
                servers.redisCommands().set("user:alice", noUser);

                assertThat(deeplink(service)).isEqualTo("d");
            }

            assertThat(service.metric("hotcold_hot_values_rejected_total")).isPositive();
        }
    }

    @Test
    void lookup_manyAskedForOnce_leaveThoseInDemand() {
        List<String> inDemand = IntStream.range(0, 50).mapToObj(i -> "hot" + i).toList();
        List<String> once = IntStream.range(0, 2000).mapToObj(i -> "once" + i).toList();
        Stream.concat(inDemand.stream(), once.stream())
                .forEach(id -> servers.redisCommands().set("user:" + id, value(id, "d")));
        try (TestService service = start("NEAR_CACHE_ENTRIES", "100")) {
            // Again if the machine was so busy that Redis was late: then nothing is served from near.
            await().atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
                awaitNear(
                        service,
                        () -> inDemand.stream()
                                .allMatch(id -> service.lookup(id).status() == 200));
                once.forEach(service::lookup);
                double before = hits(service);
                inDemand.forEach(service::lookup);
                assertThat(hits(service) - before).isGreaterThan(45);
            });
        }
    }

    @Test
    void start_trackingForbidden_worksWithoutAndSaysSo() {
        RedisCommands<String, byte[]> redis = servers.redisCommands();
        redis.aclSetuser(
                "limited",
                AclSetuserArgs.Builder.on()
                        .addPassword("pw")
                        .allKeys()
                        .allCommands()
                        .removeCommand(CommandType.CLIENT));
        try (TestService service = start("REDIS_USERNAME", "limited", "REDIS_PASSWORD", "pw")) {
            servers.put("alice", "d", "p");
            for (int i = 0; i < 50; i++) {
                assertThat(deeplink(service)).isEqualTo("d");
            }

            assertThat(service.lookup("alice").header("Cache-Status")).isEqualTo("redis; hit");
            assertThat(service.manage("/readyz").body()).contains("NEAR_CACHE_ENTRIES");
            assertThat(service.metric(HITS)).isZero();
        } finally {
            redis.aclDeluser("limited");
        }
    }

    @Test
    void lookup_idleConnectionWasReplaced_keepsNothingOfTheOldOne() {
        try (TestService service = start("REDIS_CONN_MAX_IDLE_SEC", "1")) {
            cacheNear(service);
            servers.put("alice", "new", "p");
            assertThat(deeplink(service)).isEqualTo("old");

            await().atMost(Duration.ofSeconds(10)).until(() -> service.metric("hotcold_near_flushes_total") >= 1);
            servers.redisCommands().del("user:alice");

            await().atMost(Duration.ofSeconds(5)).until(() -> deeplink(service).equals("new"));
            awaitNear(service, () -> deeplink(service).equals("new"));
        }
    }
}
