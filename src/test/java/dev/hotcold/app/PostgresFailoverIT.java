package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.Http;
import dev.hotcold.testkit.OwnersDatabase;
import dev.hotcold.testkit.PostgresPair;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PostgreSQL fails over, by whatever way: what was committed after it is served, and nothing else. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class PostgresFailoverIT {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String READ_WRITE = "&target_session_attrs=read-write";

    private PostgresPair pair;

    @BeforeEach
    void start() {
        pair = new PostgresPair(Servers.start());
        put("before");
        await().atMost(PATIENCE).until(pair::isReplayed);
    }

    @AfterEach
    void stop() {
        pair.close();
    }

    private void put(String promoMessage) {
        for (int i = 0; i < 20; i++) {
            PostgresPair.put(pair.first(), "u" + i, promoMessage);
        }
    }

    private void putOnSecond(String promoMessage) {
        for (int i = 0; i < 20; i++) {
            PostgresPair.put(pair.second(), "u" + i, promoMessage);
        }
    }

    private static List<String> promos(TestService service) {
        return IntStream.range(0, 20)
                .mapToObj(i -> OwnersDatabase.promo(service, "u" + i))
                .distinct()
                .toList();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", READ_WRITE})
    void primaryKilled_standbyPromoted_lookupsAndFeedGoOnThere(String parameters) {
        try (TestService service = TestService.start(pair.environment(pair.url(parameters), "CHANGE_FEED", "on"))) {
            Feeds.awaitOwner(service);
            assertThat(promos(service)).containsExactly("before");

            pair.killFirst();
            pair.promoteSecond();
            putOnSecond("after");

            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(promos(service)).containsExactly("after");
                assertThat(service.manage("/readyz").body()).contains("\"degraded\":{}");
            });
            Feeds.awaitOwner(service);
            putOnSecond("later");
            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(promos(service)).containsExactly("later"));
        }
    }

    /** The old primary is alive and answers, as behind a partition of the network. */
    @ParameterizedTest
    @ValueSource(strings = {"", READ_WRITE, "&load_balance_hosts=random"})
    void standbyPromoted_primaryLivesOn_isLeft(String parameters) {
        try (TestService service = TestService.start(pair.environment(pair.url(parameters), "CHANGE_FEED", "on"))) {
            Feeds.awaitOwner(service);
            assertThat(promos(service)).containsExactly("before");

            pair.promoteSecond();
            putOnSecond("after");

            await().atMost(PATIENCE).untilAsserted(() -> {
                assertThat(promos(service)).containsExactly("after");
                assertThat(service.manage("/readyz").body()).contains("\"degraded\":{}");
            });
            Feeds.awaitOwner(service);
            // Whoever goes on to write there writes into the past.
            put("lost");
            for (int i = 0; i < 50; i++) {
                pair.servers().redisCommands().flushall();
                assertThat(promos(service)).doesNotContain("lost", "before");
            }
            Program.Ended verified = Program.run(pair.environment(pair.url(parameters)), "verify");
            assertThat(verified.exitCode()).as(verified.toString()).isZero();
        }
    }

    /** Behind one address, or by settings that differ: the former one is left by whoever hears that changes are followed elsewhere. */
    @ParameterizedTest
    @ValueSource(strings = {"on", "off"})
    void standbyPromoted_instancesReachOnePrimaryEach_theFormerOneIsLeft(String feed) throws Exception {
        String former = PostgresPair.url(List.of(pair.first().port()), "");
        String promoted = PostgresPair.url(List.of(pair.second().port()), "");
        try (Program before = Program.start(pair.environment(former, "CHANGE_FEED", feed));
                Http http = Http.http1(1)) {
            int port = before.awaitPort();
            assertThat(promos(http, port)).containsExactly("before");
            pair.promoteSecond();
            putOnSecond("after");
            try (TestService after = TestService.start(pair.environment(promoted, "CHANGE_FEED", "on"))) {
                await().atMost(PATIENCE).until(() -> {
                    // Who asks nothing of PostgreSQL does not notice either.
                    pair.servers().redisCommands().del("user:u0");
                    var _ = promos(http, port);
                    return before.err()
                            .contains(
                                    "is a primary on timeline 1, but whoever feeds this Redis follows one on timeline 2");
                });
                Feeds.awaitOwner(after);
                put("lost");
                putOnSecond("later");
                await().atMost(PATIENCE)
                        .untilAsserted(() -> assertThat(promos(after)).containsExactly("later"));
                double sessions = after.metric("hotcold_changefeed_sessions_total");

                for (int i = 0; i < 50; i++) {
                    // It may have no answer, but none of the past.
                    assertThat(promos(http, port)).isSubsetOf("later", "status 500", "status 503");
                    assertThat(promos(after)).containsExactly("later");
                }

                assertThat(after.metric("hotcold_changefeed_sessions_total")).isEqualTo(sessions);
                assertThat(Feeds.isOwner(after)).isTrue();
                for (int i = 0; i < 20; i++) {
                    pair.servers().redisCommands().flushall();
                    assertThat(promos(http, port)).isSubsetOf("later", "status 500", "status 503");
                    assertThat(promos(after)).containsExactly("later");
                }
            }
        }
    }

    private static List<String> promos(Http http, int port) throws Exception {
        List<String> promos = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            Response response = http.send("GET", port, "/v1/users?user_id=u" + i)
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(10, TimeUnit.SECONDS);
            promos.add(
                    response.status() == 200
                            ? new JsonObject(response.body()).getString("promo_message")
                            : "status " + response.status());
        }
        return promos.stream().distinct().toList();
    }

    /** Served while no primary answers, but never kept: that it has changed was told already, and will not be told again. */
    @Test
    void primaryGoneForAWhile_standbyIsBehind_whatItReadsIsNotKept() {
        try (TestService service = TestService.start(pair.environment(pair.url(""), "CHANGE_FEED", "on"))) {
            Feeds.awaitOwner(service);
            PostgresPair.run(pair.second(), "SELECT pg_wal_replay_pause()");
            put("after");
            Feeds.awaitApplied(pair.servers());

            pair.killFirst();

            await().atMost(PATIENCE)
                    .untilAsserted(() -> assertThat(promos(service)).containsExactly("before"));
            assertThat(pair.servers().redisCommands().keys("user:[^#]*")).isEmpty();
            pair.restartFirst();
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(service.manage("/readyz").body()).contains("\"degraded\":{}"));
            assertThat(promos(service)).containsExactly("after");
        }
    }

    /** A start, and commands, know nothing of what was. */
    @Test
    void startAfterAPromotion_oldPrimaryFirst_newOneIsUsed() {
        pair.promoteSecond();
        putOnSecond("after");
        try (TestService service = TestService.start(pair.environment(pair.url(READ_WRITE), "CHANGE_FEED", "on"))) {

            assertThat(promos(service)).containsExactly("after");
            Feeds.awaitOwner(service);
        }
        PostgresPair.run(pair.second(), "DROP TABLE IF EXISTS hotcold_schema_history");
        assertThat(Program.run(pair.environment(pair.url(READ_WRITE)), "migrate")
                        .exitCode())
                .isZero();
        assertThat(PostgresPair.text(pair.second(), "SELECT to_regclass('hotcold_schema_history') IS NOT NULL"))
                .isEqualTo("t");
        assertThat(PostgresPair.text(pair.first(), "SELECT to_regclass('hotcold_schema_history') IS NOT NULL"))
                .isEqualTo("f");
    }

    @Test
    void oneServer_isAStandby_isUsedAndNamed() {
        String url = PostgresPair.url(List.of(pair.second().port()), "");
        try (TestService service = TestService.start(pair.environment(url, "CHANGE_FEED", "auto"))) {
            assertThat(promos(service)).containsExactly("before");
            assertThat(service.manage("/readyz").body())
                    .contains("127.0.0.1:" + pair.second().port() + " is a standby: lookups lack the changes")
                    .contains("is a standby, and the primary is asked for");
            Program.Ended migrated = Program.run(pair.environment(url), "migrate");
            assertThat(migrated.exitCode()).isEqualTo(1);
            assertThat(migrated.err()).contains("is a standby, and the primary is asked for");

            pair.killFirst();
            pair.promoteSecond();

            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(service.manage("/readyz").body()).contains("\"degraded\":{}"));
        }
    }

    @Test
    void oneServer_isAStandbyAndThePrimaryIsAskedFor_isRefusedByName() {
        String url = PostgresPair.url(List.of(pair.second().port()), READ_WRITE);
        try (TestService service = TestService.start(pair.environment(url, "CHANGE_FEED", "auto"))) {

            assertThat(service.lookup("u1").status()).isEqualTo(500);
            assertThat(service.manage("/readyz").body())
                    .contains("127.0.0.1:" + pair.second().port() + " is a standby, and the primary is asked for");
        }
    }

    /** The one server of the settings was the primary, and is a standby since it was started again. */
    @Test
    void oneServer_becomesAStandby_isNamed() {
        String url = PostgresPair.url(List.of(pair.first().port()), "");
        try (TestService service = TestService.start(pair.environment(url, "CHANGE_FEED", "auto"))) {
            assertThat(promos(service)).containsExactly("before");
            assertThat(service.manage("/readyz").body()).doesNotContain("standby");

            pair.restartFirstAsStandby();

            await().atMost(PATIENCE).untilAsserted(() -> {
                pair.servers().redisCommands().flushall();
                assertThat(promos(service)).containsExactly("before");
                assertThat(service.manage("/readyz").body()).contains(" is a standby: lookups lack");
            });
        }
    }

    /** Lookups by a name that leads to the old primary, the change feed by one that leads to the new one. */
    @Test
    void oldPrimaryAlone_promotionWasSeenElsewhere_isRefusedByName() {
        String lookups = PostgresPair.url(List.of(pair.first().port()), "");
        try (TestService service = TestService.start(
                pair.environment(lookups, "CHANGE_FEED", "auto", "CHANGE_FEED_DATABASE_URL", pair.url(READ_WRITE)))) {
            Feeds.awaitOwner(service);
            assertThat(promos(service)).containsExactly("before");

            pair.promoteSecond();
            putOnSecond("after");

            await().atMost(PATIENCE).untilAsserted(() -> {
                pair.servers().redisCommands().flushall();
                Response response = service.lookup("u1");
                assertThat(response.status()).isEqualTo(500);
                assertThat(service.manage("/readyz").body())
                        .contains("is a primary on timeline 1, but another one is on timeline 2");
            });
        }
    }

    /** With the change feed off a standby may be asked for, and is left when it is promoted. */
    @Test
    void standbyAskedFor_isPreferred() {
        String url = pair.url("&target_session_attrs=prefer-standby");
        try (TestService service = TestService.start(pair.environment(url, "CHANGE_FEED", "off"))) {
            assertThat(promos(service)).containsExactly("before");
            assertThat(service.manage("/readyz").body()).contains("\"degraded\":{}");
            assertThat(PostgresPair.text(
                            pair.second(),
                            "SELECT count(*) > 0 FROM pg_stat_activity WHERE query LIKE '%= ANY%'"
                                    + " AND pid <> pg_backend_pid()"))
                    .isEqualTo("t");
        }
    }
}
