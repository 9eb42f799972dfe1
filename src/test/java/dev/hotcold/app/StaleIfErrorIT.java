package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Outages;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.RealServers.With;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TableLock;
import dev.hotcold.testkit.TestService;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Users beyond their soft TTL, while PostgreSQL answers and while it does not. */
@ExtendWith(RealServers.class)
class StaleIfErrorIT {

    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Pattern FRESH_UNTIL = Pattern.compile("\"fresh_until\":(\\d+)");

    private static Outages outages;
    private static Servers servers;
    private TestService service;

    @BeforeAll
    static void take(Outages own) {
        outages = own;
        servers = outages.servers();
    }

    @BeforeEach
    void cacheAlice(
            @With({"CACHE_TTL_SECONDS", "1", "CACHE_STALE_SECONDS", "600", "HTTP_CACHE_SECONDS", "60"})
                    TestService started) {
        servers.reset();
        service = started;
        servers.put("alice", "old", "p");
        await().until(() -> service.lookup("alice").body().contains("ok:redis"));
    }

    /** Without a lookup, which might refresh the user ahead. */
    private void awaitEndOfSoftTtl() {
        await().atMost(PATIENCE).until(() -> {
            Matcher freshUntil = FRESH_UNTIL.matcher(servers.cached("alice"));
            return freshUntil.find() && Long.parseLong(freshUntil.group(1)) < System.currentTimeMillis();
        });
    }

    private Response awaitStale() {
        await().atMost(PATIENCE)
                .until(() -> service.lookup("alice").header("Cache-Status").contains("detail=stale"));
        return service.lookup("alice");
    }

    @Test
    void lookup_beyondSoftTtlAndPostgresAnswers_isRefreshed() {
        servers.put("alice", "new", "p");

        await().atMost(PATIENCE).untilAsserted(() -> {
            awaitEndOfSoftTtl();
            Response response = service.lookup("alice");
            assertThat(response.header("Cache-Status")).isEqualTo("redis; fwd=stale");
            assertThat(response.header("Cache-Control")).isEqualTo("max-age=60");
            assertThat(response.body()).contains("ok:postgres", "\"new\"");
        });
        await().untilAsserted(() -> assertThat(service.lookup("alice").body()).contains("ok:redis", "\"new\""));
    }

    @Test
    void lookup_beyondSoftTtlAndPostgresIsDown_isServedStaleUntilItIsBack() {
        outages.killPostgres();
        try {
            Response response = awaitStale();

            assertThat(response.status()).isEqualTo(200);
            assertThat(response.header("Cache-Status")).matches("redis; hit; ttl=-\\d+; detail=stale");
            assertThat(response.header("Cache-Control")).isEqualTo("no-store");
            assertThat(response.body()).contains("ok:redis", "\"old\"", "\"cache_hit\":true");
            assertThat(service.metric("hotcold_lookups_seconds_count{layer=\"hot\",outcome=\"stale\"}"))
                    .isPositive();
        } finally {
            outages.startPostgres();
        }
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(service.lookup("alice").header("Cache-Status"))
                        .isEqualTo("redis; fwd=stale"));
    }

    @Test
    void lookup_beyondSoftTtlAndTableIsLocked_isServedStale() {
        try (var _ = TableLock.take(servers)) {
            assertThat(awaitStale().body()).contains("ok:redis", "\"old\"");
        }
    }

    /** What is gone stays gone, also when PostgreSQL goes right after it has said so. */
    @Test
    void lookup_beyondSoftTtlAndUserIsDeleted_isNotFound() {
        awaitEndOfSoftTtl();
        servers.sql("DELETE FROM users");
        await().atMost(PATIENCE).until(() -> service.lookup("alice").status() == 404);

        outages.killPostgres();
        try {
            assertThat(service.lookup("alice").status()).isIn(404, 500);
            assertThat(servers.redisCommands().exists("user:alice")).isZero();
        } finally {
            outages.startPostgres();
        }
    }

    @Test
    void value_timeAndStaleTime_areTheMemberAndTheLifeOfTheKey() {
        assertThat(servers.cached("alice"))
                .matches(
                        "\\{\"user_id\":\"alice\",\"deeplink\":\"old\",\"promo_message\":\"p\",\"fresh_until\":\\d{13}}");
        assertThat(servers.redisCommands().pttl("user:alice")).isBetween(590_000L, 601_000L);
    }
}
