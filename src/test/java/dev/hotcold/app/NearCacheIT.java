package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.BooleanSupplier;
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
        return ("{\"user_id\":\"alice\",\"deeplink\":\"" + deeplink + "\",\"promo_message\":\"p\"}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private TestService start(String... more) {
        String[] settings = new String[more.length + 2];
        settings[0] = "NEAR_CACHE_ENTRIES";
        settings[1] = "1000";
        System.arraycopy(more, 0, settings, 2, more.length);
        return TestService.start(servers, settings);
    }

    private static String deeplink(TestService service) {
        return service.lookup("alice").body().replaceAll(".*\"deeplink\":\"([^\"]*)\".*", "$1");
    }

    /** Each of the clients' connections belongs to one event loop: lookups come to all of them. */
    private static void awaitNear(TestService service, BooleanSupplier lookups) {
        await().atMost(Duration.ofSeconds(20)).until(() -> {
            double before = service.metric(HITS);
            for (int i = 0; i < 20; i++) {
                assertThat(lookups.getAsBoolean()).isTrue();
            }
            await().pollDelay(Duration.ofMillis(120)).until(() -> true);
            return service.metric(HITS) - before >= 20;
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
}
