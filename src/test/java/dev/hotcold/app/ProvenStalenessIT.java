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

            for (int i = 0; i < 200; i++) {
                assertThat(service.lookup("alice").header("Cache-Status"))
                        .startsWith("redis; hit")
                        .doesNotContain("unproven");
            }
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

            long until = System.nanoTime() + 6 * MOST.toNanos();
            int unproven = 0;
            int lookups = 0;
            while (System.nanoTime() - until < 0) {
                lookups++;
                if (!isHit(service.lookup("alice"))) {
                    unproven++;
                }
            }

            assertThat(unproven).isLessThan(lookups / 2);
        }
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
