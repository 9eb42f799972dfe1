package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.Outages;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.Signals;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The change feed loses its owner, its slot, its connections or Redis; no change is lost with them. */
@ExtendWith(RealServers.class)
class ChangeFeedLossIT {

    private static final String SLOT = "hotcold_user_api";

    private final Outages outages;
    private final Servers servers;

    ChangeFeedLossIT(Outages outages) {
        this.outages = outages;
        this.servers = outages.servers();
    }

    @BeforeEach
    void putAlice() {
        servers.put("alice", "old", "p");
    }

    private TestService startService(String... settings) {
        return TestService.start(servers, new String[] {"CHANGE_FEED", "on"}, settings);
    }

    private Program startOwner() {
        Program program = Program.start(servers.environment());
        program.awaitPort();
        await().atMost(Duration.ofSeconds(20)).until(() -> followers() == 1);
        return program;
    }

    private long followers() {
        return servers.queryLong(
                "SELECT count(*) FROM pg_replication_slots WHERE active AND slot_name = '" + SLOT + "'");
    }

    private static void cacheAlice(TestService service) {
        await().until(() -> service.lookup("alice").header("Cache-Status").equals("redis; hit"));
    }

    private static String deeplink(TestService service) {
        return new JsonObject(service.lookup("alice").body()).getString("deeplink");
    }

    private void awaitNew(TestService service) {
        await().atMost(Duration.ofSeconds(15)).until(() -> deeplink(service).equals("new"));
    }

    @Test
    void feed_ownerKilled_isTakenOverWithinThreeSeconds() {
        try (Program owner = startOwner();
                TestService standby = startService()) {
            await().until(() -> standby.metric("hotcold_changefeed_role{role=\"standby\"}") == 1);
            cacheAlice(standby);

            owner.kill();
            long killedAt = System.nanoTime();
            servers.put("alice", "new", "p");

            await().pollInterval(Duration.ofMillis(20))
                    .until(() -> deeplink(standby).equals("new"));
            assertThat(Duration.ofNanos(System.nanoTime() - killedAt)).isLessThan(Duration.ofSeconds(3));
            Feeds.awaitOwner(standby);
        }
    }

    /** What the frozen one has read already must not be applied over what its successor has applied since. */
    @Test
    void feed_ownerFrozenAndThawed_lateChangesAreFenced() {
        try (Program owner = startOwner();
                TestService standby = startService()) {
            cacheAlice(standby);
            Signals.freeze(owner.pid());
            servers.put("alice", "read by the frozen one", "p");

            Feeds.awaitOwner(standby);
            servers.put("alice", "new", "p");
            Feeds.awaitApplied(servers);
            cacheAlice(standby);
            Signals.thaw(owner.pid());

            await().until(() -> servers.redisCommands().clientList().lines().count() > 0);
            servers.put("bob", "d", "p");
            Feeds.awaitApplied(servers);
            assertThat(deeplink(standby)).isEqualTo("new");
            assertThat(Feeds.isOwner(standby)).isTrue();
        }
    }

    @Test
    void feed_connectionCutInPostgres_followsAgain() {
        try (TestService service = startService()) {
            Feeds.awaitOwner(service);
            cacheAlice(service);

            servers.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots");
            servers.put("alice", "new", "p");

            awaitNew(service);
        }
    }

    @Test
    void feed_slotDroppedByHand_redisIsFlushed() {
        try (TestService service = startService()) {
            Feeds.awaitOwner(service);
            cacheAlice(service);
            double clears = service.metric("hotcold_changefeed_clears_total");

            dropSlotAndChange();

            awaitNew(service);
            Feeds.awaitOwner(service);
            assertThat(service.metric("hotcold_changefeed_clears_total")).isEqualTo(clears + 1);
        }
    }

    /** Within one transaction no feed can take over in between. */
    private void dropSlotAndChange() {
        servers.sql("""
                DO $$ BEGIN
                    PERFORM pg_terminate_backend(active_pid) FROM pg_replication_slots;
                    WHILE EXISTS (SELECT 1 FROM pg_replication_slots WHERE active) LOOP
                        PERFORM pg_sleep(0.001);
                    END LOOP;
                    PERFORM pg_drop_replication_slot(slot_name) FROM pg_replication_slots;
                    UPDATE users SET deeplink = 'new';
                END $$
                """);
    }

    @Test
    void feed_redisRestartedEmpty_followsAgain() {
        try (TestService service = startService()) {
            Feeds.awaitOwner(service);
            cacheAlice(service);

            outages.killRedis();
            servers.put("alice", "new", "p");
            assertThat(deeplink(service)).isEqualTo("new");
            outages.startRedis();

            cacheAlice(service);
            assertThat(deeplink(service)).isEqualTo("new");
            await().atMost(Duration.ofSeconds(15)).until(() -> Feeds.isOwner(service));
            servers.put("alice", "newer", "p");
            await().until(() -> deeplink(service).equals("newer"));
        }
    }

    @Test
    void feed_redisFrozen_changeWaitsAndIsApplied() {
        try (TestService service = startService()) {
            Feeds.awaitOwner(service);
            cacheAlice(service);

            outages.freezeRedis();
            servers.put("alice", "new", "p");
            await().atMost(Duration.ofSeconds(15)).until(() -> !Feeds.isOwner(service));
            outages.thaw();

            awaitNew(service);
            Feeds.awaitApplied(servers);
        }
    }

    @Test
    void feed_redisFlushedByHand_isNoticed() {
        try (TestService service = startService()) {
            Feeds.awaitOwner(service);
            double sessions = service.metric("hotcold_changefeed_sessions_total");

            servers.redisCommands().flushall();

            await().until(() -> service.metric("hotcold_changefeed_sessions_total") == sessions + 1);
        }
    }

    /** As after a restart from a snapshot: what Redis holds is older than what the slot has confirmed. */
    @Test
    void feed_redisRestoredFromAnOlderCopy_isFlushed() {
        try (TestService service = startService()) {
            Feeds.awaitOwner(service);
            cacheAlice(service);
            String position =
                    new String(servers.redisCommands().hget("changefeed:" + SLOT, "position"), StandardCharsets.UTF_8);
            String old = servers.cached("alice");
            servers.put("alice", "new", "p");
            Feeds.awaitApplied(servers);
            awaitConfirmed();

            outages.freezeRedis();
            servers.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots");
            await().until(() -> !Feeds.isOwner(service));
            outages.thaw();
            servers.redisCommands().set("user:alice", old.getBytes(StandardCharsets.UTF_8));
            servers.redisCommands()
                    .hset(
                            "changefeed:" + SLOT,
                            Map.of(
                                    "position", position.getBytes(StandardCharsets.UTF_8),
                                    "session", "of old".getBytes(StandardCharsets.UTF_8)));

            awaitNew(service);
        }
    }

    /** As after a failover to a standby that lacked the last commits: positions of the two logs cannot be compared. */
    @Test
    void feed_positionOfAnotherLog_redisIsFlushed() {
        try (TestService service = startService()) {
            Feeds.awaitOwner(service);
            cacheAlice(service);
            double clears = service.metric("hotcold_changefeed_clears_total");

            servers.redisCommands()
                    .hset("changefeed:" + SLOT, "history", "another system".getBytes(StandardCharsets.UTF_8));
            servers.sql("SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots");

            await().until(() -> service.metric("hotcold_changefeed_clears_total") == clears + 1);
        }
    }

    @Test
    void feed_publicationWithoutTheTableForAWhile_redisIsFlushed() {
        try (TestService service = startService()) {
            Feeds.awaitOwner(service);
            cacheAlice(service);

            servers.sql("ALTER PUBLICATION hotcold_user_api DROP TABLE users; UPDATE users SET deeplink = 'new'");
            await().atMost(Duration.ofSeconds(20)).until(() -> !Feeds.isOwner(service));
            servers.sql("ALTER PUBLICATION hotcold_user_api ADD TABLE users");

            await().atMost(Duration.ofSeconds(20)).until(() -> deeplink(service).equals("new"));
        }
    }

    /** The log before its new creation cannot be read any more, so that the slot must go too. */
    @Test
    void feed_publicationDropped_isRecreatedAndRedisFlushed() {
        try (TestService service = startService()) {
            Feeds.awaitOwner(service);
            cacheAlice(service);

            servers.sql("DROP PUBLICATION hotcold_user_api");
            servers.put("alice", "new", "p");

            await().atMost(Duration.ofSeconds(30)).until(() -> deeplink(service).equals("new"));
            await().atMost(Duration.ofSeconds(20)).until(() -> Feeds.isOwner(service));
            servers.put("alice", "newer", "p");
            await().until(() -> deeplink(service).equals("newer"));
        }
    }

    private void awaitConfirmed() {
        String end = servers.queryStrings("SELECT pg_current_wal_lsn()::text").getFirst();
        await().until(() -> servers.queryLong(
                        "SELECT (confirmed_flush_lsn >= '" + end + "'::pg_lsn)::int FROM pg_replication_slots")
                == 1);
    }

    @Test
    void feed_lagBeyondTheLimit_slotIsDroppedAndRedisFlushed() {
        try (TestService service = startService("CHANGE_FEED_MAX_LAG_MB", "16")) {
            Feeds.awaitOwner(service);
            cacheAlice(service);

            outages.freezeRedis();
            servers.put("alice", "new", "p");
            servers.sql("CREATE TABLE filler AS SELECT repeat('x', 1000) AS x FROM generate_series(1, 30000)");

            await().atMost(Duration.ofSeconds(20))
                    .until(() -> servers.queryLong("SELECT coalesce(max(pg_wal_lsn_diff(pg_current_wal_lsn(),"
                                    + " confirmed_flush_lsn)), 0)::bigint FROM pg_replication_slots")
                            < 16_000_000);
            outages.thaw();

            awaitNew(service);
            Feeds.awaitApplied(servers);
        }
    }
}
