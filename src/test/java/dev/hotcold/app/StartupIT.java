package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Outages;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Supplier;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The service starts while its servers are missing, says so, and needs no restart once they appear. */
@ExtendWith(RealServers.class)
class StartupIT {

    private static final Duration START = Duration.ofSeconds(10);
    private static final Duration RECOVERY = Duration.ofSeconds(10);

    private final Outages outages;

    StartupIT(Outages outages) {
        this.outages = outages;
    }

    /** Two users, of whom one is cached. */
    @BeforeEach
    void fill() {
        Servers servers = outages.servers();
        servers.put("cached", "app://cached", "c");
        servers.put("stored", "app://stored", "s");
        servers.redisCommands()
                .set(
                        "user:cached",
                        "{\"user_id\":\"cached\",\"deeplink\":\"app://cached\",\"promo_message\":\"c\"}"
                                .getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void start_postgresAbsent_servesCachedUsersAndRecovers() {
        outages.stopPostgres();

        try (TestService service = startInTime()) {
            assertReady(service, "postgres");
            assertAnswer(service.lookup("cached"), 200, "ok:redis");
            assertAnswer(service.lookup("stored"), 500, "internal error");

            outages.startPostgres();
            awaitRecovered(service);
            assertAnswer(service.lookup("stored"), 200, "ok:postgres");
        }
    }

    @Test
    void start_redisAbsent_servesFromPostgresAndRecovers() {
        outages.killRedis();

        try (TestService service = startInTime()) {
            assertReady(service, "redis");
            assertAnswer(service.lookup("stored"), 200, "ok:postgres");
            assertAnswer(service.lookup("stored"), 200, "ok:postgres");

            outages.startRedis();
            awaitRecovered(service);
            awaitAnswer(() -> service.lookup("stored"), "ok:redis");
        }
    }

    @Test
    void start_bothAbsent_answersInternalErrorAndRecovers() {
        outages.stopPostgres();
        outages.killRedis();

        try (TestService service = startInTime()) {
            assertReady(service, "postgres", "redis");
            assertAnswer(service.lookup("stored"), 500, "internal error");

            outages.startRedis();
            outages.startPostgres();
            awaitRecovered(service);
            assertAnswer(service.lookup("stored"), 200, "ok:postgres");
            awaitAnswer(() -> service.lookup("stored"), "ok:redis");
        }
    }

    @Test
    void start_bothFrozen_answersInternalErrorAndRecovers() {
        outages.freezePostgres();
        outages.freezeRedis();

        try (TestService service = startInTime()) {
            assertReady(service, "postgres", "redis");
            assertAnswer(service.lookup("stored"), 500, "internal error");

            outages.thaw();
            awaitRecovered(service);
            assertAnswer(service.lookup("stored"), 200, "ok:postgres");
            awaitAnswer(() -> service.lookup("cached"), "ok:redis");
        }
    }

    @Test
    void start_tableMissing_saysWhichCommandCreatesItAndRecovers() {
        outages.servers().sql("DROP TABLE users");

        try (TestService service = startInTime()) {
            assertAnswer(service.lookup("cached"), 200, "ok:redis");
            assertAnswer(service.lookup("stored"), 500, "internal error");
            await().atMost(RECOVERY).untilAsserted(() -> {
                assertReady(service, "postgres");
                assertThat(service.manage("/readyz").body()).contains("hotcold migrate");
            });

            outages.servers().sql(Servers.schema());
            outages.servers().put("stored", "app://stored", "s");
            awaitRecovered(service);
            assertAnswer(service.lookup("stored"), 200, "ok:postgres");
        }
    }

    private TestService startInTime() {
        long startedAt = System.nanoTime();
        TestService service = TestService.start(outages.servers());
        assertThat(Duration.ofNanos(System.nanoTime() - startedAt)).isLessThan(START);
        return service;
    }

    private static void assertReady(TestService service, String... degraded) {
        Response ready = service.manage("/readyz");
        assertThat(ready.status()).isEqualTo(200);
        assertThat(new JsonObject(ready.body()).getString("status")).isEqualTo("ready");
        assertThat(new JsonObject(ready.body()).getJsonObject("degraded").fieldNames())
                .containsExactlyInAnyOrder(degraded);
    }

    private static void awaitRecovered(TestService service) {
        await().atMost(RECOVERY).untilAsserted(() -> assertReady(service));
    }

    private static void assertAnswer(Response response, int status, String message) {
        assertThat(response.status()).isEqualTo(status);
        assertThat(new JsonObject(response.body()).getString("message")).isEqualTo(message);
    }

    private static void awaitAnswer(Supplier<Response> lookup, String message) {
        await().atMost(RECOVERY)
                .until(() ->
                        new JsonObject(lookup.get().body()).getString("message").equals(message));
    }
}
