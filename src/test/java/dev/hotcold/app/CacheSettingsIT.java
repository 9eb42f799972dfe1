package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the settings of the cache do that the change feed does not need. */
class CacheSettingsIT {

    private static final int USERS = 100;

    private final Servers servers = Servers.shared();

    private static Response lookup(TestService service, String id, String cacheControl) {
        try (RawClient client = RawClient.connect(service.port())) {
            return client.send("GET /v1/users?user_id=" + id + " HTTP/1.1\r\nHost: localhost\r\nCache-Control: "
                            + cacheControl + "\r\n\r\n")
                    .readResponse();
        }
    }

    private void cacheOld(TestService service) {
        servers.put("alice", "old", "p");
        await().until(() -> service.lookup("alice").header("Cache-Status").equals("redis; hit"));
        servers.put("alice", "new", "p");
    }

    @ParameterizedTest
    @ValueSource(strings = {"no-cache", "max-age=0, No-Cache", "max-age=0\r\nCache-Control: no-cache"})
    void bypass_onAndAskedFor_readsPostgresAndRefreshesRedis(String cacheControl) {
        try (TestService service = TestService.start(servers, "CACHE_BYPASS", "on")) {
            cacheOld(service);
            assertThat(service.lookup("alice").body()).contains("\"old\"");

            Response bypassing = lookup(service, "alice", cacheControl);

            assertThat(bypassing.body()).contains("ok:postgres", "\"new\"");
            await().until(() -> servers.cached("alice").contains("new"));
            assertThat(service.lookup("alice").body()).contains("ok:redis", "\"new\"");
        }
    }

    @ParameterizedTest
    @CsvSource({"off, no-cache", "on, max-age=0", "on, no-cachet"})
    void bypass_offOrNotAskedFor_readsRedis(String setting, String cacheControl) {
        try (TestService service = TestService.start(servers, "CACHE_BYPASS", setting)) {
            cacheOld(service);

            assertThat(lookup(service, "alice", cacheControl).body()).contains("ok:redis", "\"old\"");
        }
    }

    @Test
    void bypass_userThatIsGone_isNotFoundAndIsNoted() {
        try (TestService service = TestService.start(servers, "CACHE_BYPASS", "on", "NEGATIVE_CACHE", "on")) {
            assertThat(lookup(service, "nobody", "no-cache").status()).isEqualTo(404);
            await().until(() -> servers.redisCommands().exists("absent:{user:nobody}") == 1);
            servers.put("nobody", "d", "p");

            assertThat(lookup(service, "nobody", "no-cache").status()).isEqualTo(200);
            assertThat(service.lookup("nobody").status()).isEqualTo(200);
        }
    }

    @Test
    void jitter_manyStoredTogether_spreadsTheirExpiryOverATenth() {
        servers.sql("INSERT INTO users SELECT 'u' || i, 'd', 'p' FROM generate_series(1, " + USERS + ") i");
        try (TestService service = TestService.start(servers, "CACHE_TTL_SECONDS", "100", "CACHE_STALE_SECONDS", "0")) {
            List<String> ids =
                    IntStream.rangeClosed(1, USERS).mapToObj(i -> "u" + i).toList();
            ids.forEach(service::lookup);
            await().until(() -> servers.redisCommands().dbsize() >= USERS);

            List<Long> lives = ids.stream()
                    .map(id -> servers.redisCommands().pttl("user:" + id))
                    .toList();

            // Five seconds for the test itself; of a hundred some are in each third of a tenth.
            assertThat(lives).allMatch(life -> life > 85_000 && life <= 100_000);
            assertThat(lives).anyMatch(life -> life <= 93_000).anyMatch(life -> life > 93_000);
        }
    }

    @ParameterizedTest
    @CsvSource({"on, 1", "off, 0", "auto, 0"})
    void negativeCache_withoutTheChangeFeed_isKeptOnlyIfOn(String setting, long noted) {
        try (TestService service =
                TestService.start(servers, "NEGATIVE_CACHE", setting, "NEGATIVE_TTL_SECONDS", "60")) {
            Response first = service.lookup("nobody");
            await().until(() -> servers.redisCommands().exists("lease:{user:nobody}") == 0);

            Response second = service.lookup("nobody");

            assertThat(servers.redisCommands().exists("absent:{user:nobody}")).isEqualTo(noted);
            assertThat(service.metric("hotcold_cold_batch_size_sum")).isEqualTo((double) (2 - noted));
            assertThat(second.status()).isEqualTo(404);
            assertThat(second.body().replaceAll("\"timestamp\":\"[^\"]*\"", ""))
                    .isEqualTo(first.body().replaceAll("\"timestamp\":\"[^\"]*\"", ""));
            if (noted == 1) {
                assertThat(servers.redisCommands().ttl("absent:{user:nobody}")).isBetween(50L, 60L);
            }
        }
    }
}
