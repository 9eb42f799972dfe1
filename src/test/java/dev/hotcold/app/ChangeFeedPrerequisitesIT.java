package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Where PostgreSQL does not allow the change feed, the service says what is missing and how to get it, and serves. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ChangeFeedPrerequisitesIT {

    private Servers servers = Servers.start();

    @AfterEach
    void stop() {
        servers.close();
    }

    /** A role that may read the table, and whatever else is granted. */
    private String role(String rights) {
        servers.sql("CREATE ROLE reader LOGIN " + rights + "; GRANT SELECT ON users TO reader");
        return "postgres://reader@127.0.0.1:" + servers.postgres().port() + "/postgres?sslmode=disable";
    }

    private void assertServesAndSays(String databaseUrl, String... words) {
        servers.put("alice", "d", "p");
        try (TestService service = TestService.start(servers, "CHANGE_FEED", "auto", "DATABASE_URL", databaseUrl)) {
            assertThat(service.lookup("alice").status()).isEqualTo(200);
            await().untilAsserted(
                            () -> assertThat(service.manage("/readyz").body()).contains(words));
            assertThat(service.manage("/readyz").status()).isEqualTo(200);
            assertThat(service.metric("hotcold_changefeed_role{role=\"none\"}")).isEqualTo(1);
        }
    }

    @Test
    void changeFeed_walLevelReplica_saysHowToRaiseIt() {
        servers.close();
        servers = Servers.start("wal_level=replica");

        assertServesAndSays(
                servers.postgres().databaseUrl(), "changefeed", "ALTER SYSTEM SET wal_level = logical", "CACHE_TTL");
    }

    @Test
    void changeFeed_roleWithoutReplication_saysHowToGrantIt() {
        assertServesAndSays(role(""), "ALTER ROLE reader REPLICATION");
    }

    @Test
    void changeFeed_roleThatMayNotPublish_saysTheStatement() {
        assertServesAndSays(role("REPLICATION"), "CREATE PUBLICATION hotcold_user_api FOR TABLE public.users");
    }

    @Test
    void changeFeed_replicaIdentityWithoutTheId_leavesTheTableAsItIs() {
        servers.sql("ALTER TABLE users DROP CONSTRAINT users_pkey; CREATE UNIQUE INDEX ON users (user_id)");

        assertServesAndSays(servers.postgres().databaseUrl(), "ALTER TABLE public.users REPLICA IDENTITY FULL");

        assertThat(servers.queryLong("SELECT count(*) FROM pg_publication")).isZero();
    }

    @Test
    void changeFeed_publicationThatLeavesOutChanges_saysTheStatement() {
        servers.sql("CREATE PUBLICATION hotcold_user_api FOR TABLE users WITH (publish = 'insert')");

        assertServesAndSays(
                servers.postgres().databaseUrl(),
                "ALTER PUBLICATION hotcold_user_api SET (publish = 'insert, update, delete, truncate')");
    }

    @Test
    void whatWasLacking_isThereLater_changesAreFollowedWithoutARestart() {
        servers.sql("CREATE PUBLICATION hotcold_user_api");
        try (TestService service = TestService.start(servers, "CHANGE_FEED", "auto")) {
            await().untilAsserted(
                            () -> assertThat(service.manage("/readyz").body()).contains("ADD TABLE ONLY public.users"));

            servers.sql("ALTER PUBLICATION hotcold_user_api ADD TABLE ONLY public.users");

            await().atMost(20, TimeUnit.SECONDS).until(() -> Feeds.isOwner(service));
        }
    }

    @Test
    void modeOn_lacking_doesNotStart() {
        Map<String, String> environment = servers.environment();
        environment.put("DATABASE_URL", role(""));
        environment.put("CHANGE_FEED", "on");

        Program.Ended ended = Program.run(environment);

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.err()).contains("error: CHANGE_FEED is on, but", "ALTER ROLE reader REPLICATION");
    }

    @Test
    void migrate_roleThatMay_createsPublicationAndSlot() {
        Map<String, String> environment =
                Map.of("DATABASE_URL", servers.postgres().databaseUrl());

        Program.Ended first = Program.run(environment, "migrate");
        Program.Ended again = Program.run(environment, "migrate");

        assertThat(first.out()).contains("publication hotcold_user_api and slot hotcold_user_api are there");
        assertThat(again.exitCode()).isZero();
        assertThat(servers.queryLong("SELECT count(*) FROM pg_publication_tables"))
                .isEqualTo(1);
        assertThat(servers.queryLong("SELECT count(*) FROM pg_replication_slots"))
                .isEqualTo(1);
    }

    /** Another role, or PostgreSQL itself where DATABASE_URL is a pooler's. */
    @Test
    void changeFeed_databaseUrlOfItsOwn_isUsedOnlyForTheFeed() {
        try (TestService service = TestService.start(
                servers,
                "CHANGE_FEED",
                "auto",
                "DATABASE_URL",
                role(""),
                "CHANGE_FEED_DATABASE_URL",
                servers.postgres().databaseUrl())) {
            Feeds.awaitOwner(service);

            assertThat(servers.queryStrings("SELECT DISTINCT usename FROM pg_stat_replication"))
                    .containsExactly("postgres");
        }
    }
}
