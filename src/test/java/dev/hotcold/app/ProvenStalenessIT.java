package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.local.LocalRedis;
import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.Outages;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** No answer is older than MAX_STALENESS_MS, unless it says so; whatever the reason is that nobody keeps Redis fresh. */
@Timeout(120)
@ExtendWith(RealServers.class)
class ProvenStalenessIT {

    private static final Duration MOST = Duration.ofMillis(500);
    private static final Duration SOON = Duration.ofSeconds(20);

    private final Outages outages;
    private final Servers servers;

    ProvenStalenessIT(Outages outages) {
        this.outages = outages;
        this.servers = outages.servers();
    }

    @BeforeEach
    void aUser() {
        servers.sql("INSERT INTO users VALUES ('alice', 'd', '0')");
    }

    private TestService start(String... settings) {
        return TestService.start(
                servers,
                new String[] {"CHANGE_FEED", "on", "MAX_STALENESS_MS", Long.toString(MOST.toMillis())},
                settings);
    }

    private static void awaitHit(TestService service) {
        await().atMost(SOON).until(() -> isHit(service.lookup("alice")));
    }

    private static boolean isHit(Response response) {
        return response.header("Cache-Status").equals("redis; hit");
    }

    @Test
    void feedRuns_hitsAreProven() {
        try (TestService service = start()) {
            Feeds.awaitOwner(service);
            awaitHit(service);

            assertThat(service.metric("hotcold_proven_staleness_seconds{loop=\"0\"}"))
                    .isBetween(0.0, MOST.toMillis() / 1e3);
            for (int i = 0; i < 200; i++) {
                assertThat(service.lookup("alice").header("Cache-Status"))
                        .startsWith("redis; hit")
                        .doesNotContain("unproven");
            }
            assertThat(service.metric("hotcold_proven_hit_staleness_seconds_count"))
                    .isGreaterThanOrEqualTo(200);
            assertThat(service.metric("hotcold_proven_hit_staleness_seconds_bucket{le=\"10.0\"}"))
                    .isEqualTo(service.metric("hotcold_proven_hit_staleness_seconds_count"));
        }
    }

    /** Its log stays in memory, for nobody's commit brings it to disk, and PostgreSQL sends only what is there. */
    @Test
    void openTransactionInAQuietDatabase_hitsStayProven() throws SQLException {
        try (TestService service = start();
                Connection other =
                        DriverManager.getConnection(servers.postgres().jdbcUrl());
                Statement statement = other.createStatement()) {
            Feeds.awaitOwner(service);
            awaitHit(service);
            other.setAutoCommit(false);
            statement.execute("INSERT INTO users VALUES ('bob', 'd', '0')");

            assertThat(shareOfUnproven(service)).isLessThan(0.5);
        }
    }

    @Test
    void maxStaleness_demandsMoreOfOneAnswer() throws Exception {
        try (TestService service = start("MAX_STALENESS_MS", "10000")) {
            Feeds.awaitOwner(service);
            awaitHit(service);
            await().untilAsserted(() ->
                    assertThat(demand(service, "1000").header("Cache-Status")).isEqualTo("redis; hit"));
            assertThat(demand(service, "0").header("Cache-Status")).isEqualTo("redis; fwd=stale");
            assertThat(service.lookup("alice").header("Cache-Status")).isEqualTo("redis; hit");
            Response malformed = demand(service, "soon");
            assertThat(malformed.status()).isEqualTo(400);
            assertThat(malformed.body()).contains("Max-Staleness: 500");

            outages.killPostgres();

            await().atMost(SOON).untilAsserted(() -> {
                Response demanded = demand(service, "1000");
                assertThat(demanded.status()).isEqualTo(200);
                assertThat(demanded.header("Cache-Status")).isEqualTo("redis; hit; detail=unproven");
                assertThat(demanded.header("Cache-Control")).isEqualTo("no-store");
            });
            assertThat(service.lookup("alice").header("Cache-Status")).isEqualTo("redis; hit");
            outages.startPostgres();
        }
    }

    /** Nobody proves anything: the database is asked each time. */
    @Test
    void maxStaleness_feedIsOff_postgresIsRead() {
        try (TestService service = start("CHANGE_FEED", "off")) {
            awaitHit(service);

            assertThat(demand(service, "60000").header("Cache-Status")).isEqualTo("redis; fwd=stale");
            assertThat(service.metric("hotcold_proven_staleness_seconds{loop=\"0\"}"))
                    .isNaN();
        }
    }

    private static Response demand(TestService service, String millis) {
        return service.sendHttp2("GET", "/v1/users?user_id=alice", Map.of("max-staleness", millis));
    }

    /** It is in the log, and nobody sees it: no answer lacks it. */
    @Test
    void commitWaitsForAStandbyThatIsAway_hitsStayProven() throws Exception {
        try (TestService service = start();
                Connection other =
                        DriverManager.getConnection(servers.postgres().jdbcUrl());
                Statement statement = other.createStatement()) {
            Feeds.awaitOwner(service);
            awaitHit(service);
            configure("synchronous_standby_names = 'away'");
            AtomicBoolean waits = new AtomicBoolean();
            CompletableFuture<Void> commit = CompletableFuture.runAsync(() -> {
                try {
                    // PostgreSQL heeds the setting a moment after it has said that it is loaded.
                    while (!waits.get()) {
                        statement.execute("INSERT INTO users VALUES ('bob', 'd', '0')"
                                + " ON CONFLICT (user_id) DO UPDATE SET promo_message = '0'");
                    }
                } catch (SQLException e) {
                    throw new IllegalStateException(e);
                }
            });
            try {
                await().until(() ->
                        servers.queryLong("SELECT count(*) FROM pg_stat_activity WHERE wait_event = 'SyncRep'") > 0);
                waits.set(true);

                assertThat(shareOfUnproven(service)).isLessThan(0.5);
            } finally {
                waits.set(true);
                configure("synchronous_standby_names = ''");
            }
            commit.join();
            await().atMost(SOON)
                    .untilAsserted(
                            () -> assertThat(service.lookup("bob").status()).isEqualTo(200));
        }
    }

    private void configure(String setting) {
        servers.sql("ALTER SYSTEM SET " + setting);
        servers.sql("SELECT pg_reload_conf()");
    }

    /** Over six times what is demanded. */
    private static double shareOfUnproven(TestService service) {
        long until = System.nanoTime() + 6 * MOST.toNanos();
        int unproven = 0;
        int lookups = 0;
        while (System.nanoTime() - until < 0) {
            lookups++;
            if (!isHit(service.lookup("alice"))) {
                unproven++;
            }
        }
        return (double) unproven / lookups;
    }

    /** Two deployments that share PostgreSQL and the slot's name: the feed feeds the other's Redis. */
    @Test
    void anotherRedisIsFed_nothingOldIsServed() {
        try (LocalRedis other = LocalRedis.start(Path.of("target", "proven-staleness"));
                TestService owner = start("REDIS_ADDR", other.address())) {
            Feeds.awaitOwner(owner);
            try (TestService standby = start()) {
                for (int change = 1; change <= 3; change++) {
                    servers.sql("UPDATE users SET promo_message = '" + change + "'");
                    // From the first moment: nothing was ever proven here.
                    for (int i = 0; i < 100; i++) {
                        assertThat(standby.lookup("alice").body()).contains("\"promo_message\":\"" + change + "\"");
                    }
                }
                await().atMost(SOON)
                        .until(() -> standby.manage("/readyz").body().contains("no beats of the change feed come"));
            }
        }
    }

    /** PostgreSQL cannot say better: what is cached is the answer, and says what it is. */
    @Test
    void postgresGone_cachedUsersAreServedAndMarked() {
        try (TestService service = start()) {
            Feeds.awaitOwner(service);
            awaitHit(service);

            outages.killPostgres();

            await().atMost(SOON).untilAsserted(() -> {
                Response response = service.lookup("alice");
                assertThat(response.status()).isEqualTo(200);
                assertThat(response.header("Cache-Status")).isEqualTo("redis; hit; detail=unproven");
            });
            outages.startPostgres();
            await().atMost(SOON).until(() -> Feeds.isOwner(service));
            awaitHit(service);
        }
    }

    @Test
    void feedIsOff_nothingIsDemanded() {
        try (TestService service = start("CHANGE_FEED", "off")) {
            awaitHit(service);
            for (int i = 0; i < 50; i++) {
                assertThat(isHit(service.lookup("alice"))).isTrue();
            }
        }
    }
}
