package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.changefeed.postgres.JdbcSlotCatalog;
import dev.hotcold.changefeed.slot.SlotState;
import dev.hotcold.testkit.Answer;
import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.LoginGate;
import dev.hotcold.testkit.OwnersDatabase;
import dev.hotcold.testkit.PostgresPair;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.SteadyLoad;
import dev.hotcold.testkit.StoresPage;
import dev.hotcold.testkit.TestService;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** PostgreSQL fails over, with a slot that does so too and without: what is cached is kept where it can be, and no longer. */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
@Execution(ExecutionMode.CONCURRENT)
class FailoverSlotIT {

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final int USERS = 100;
    private static final int PER_SECOND = 200;

    private final Servers servers = Servers.start();
    private @Nullable PostgresPair started;

    /** How a primary ends. */
    enum End {
        KILLED,
        STOPPED
    }

    private PostgresPair begin(PostgresPair pair) {
        started = pair;
        PostgresPair.run(
                pair.first(),
                "INSERT INTO users SELECT 'u' || i, 'app://u' || i, 'before' FROM generate_series(0, " + (USERS - 1)
                        + ") AS i");
        await().atMost(PATIENCE).until(pair::isReplayed);
        return pair;
    }

    private PostgresPair pair() {
        return Objects.requireNonNull(started);
    }

    @AfterEach
    void stop() {
        pair().close();
    }

    private TestService startService() {
        TestService service = TestService.start(
                pair().environment(pair().url("&target_session_attrs=read-write"), "CHANGE_FEED", "on"));
        Feeds.awaitOwner(service);
        IntStream.range(0, USERS).forEach(i -> OwnersDatabase.cache(service, "u" + i));
        return service;
    }

    private void end(End end) {
        switch (end) {
            case KILLED -> pair().killFirst();
            case STOPPED -> pair().stopFirst();
        }
        pair().promoteSecond();
    }

    private static void awaitPromo(TestService service, String id, String promo) {
        await().atMost(PATIENCE)
                .untilAsserted(
                        () -> assertThat(OwnersDatabase.promo(service, id)).isEqualTo(promo));
    }

    /** One that was not an owner's when the primary ended. */
    private void awaitFollowed(TestService service, double sessions) {
        await().atMost(PATIENCE).untilAsserted(() -> {
            assertThat(service.metric("hotcold_changefeed_sessions_total")).isGreaterThan(sessions);
            assertThat(service.manage("/readyz").body()).contains("\"degraded\":{}");
        });
    }

    private void verify() {
        Program.Ended verified = Program.run(pair().environment(pair().url("")), "verify");
        assertThat(verified.exitCode()).as(verified.toString()).isZero();
    }

    private static double flushes(TestService service) {
        return service.metric("hotcold_changefeed_clears_total");
    }

    private static double sessions(TestService service) {
        return service.metric("hotcold_changefeed_sessions_total");
    }

    /** Looks users up from before the primary ends until its successor is followed; changes u0 right before, and u1 right after. */
    private List<Answer> lookUpWhile(End end, TestService service, double sessions) {
        try (SteadyLoad load = SteadyLoad.begin(service.port(), PER_SECOND, i -> "u" + (2 + i % (USERS - 2)))) {
            PostgresPair.put(pair().first(), "u0", "right before");
            await().atMost(PATIENCE).until(pair()::isReplayed);
            end(end);
            PostgresPair.put(pair().second(), "u1", "right after");

            awaitFollowed(service, sessions);
            return load.end();
        }
    }

    @ParameterizedTest
    @EnumSource
    void promoted_slotIsSynced_whatIsCachedStays(End end) {
        PostgresPair pair = begin(PostgresPair.syncingSlots(servers));
        try (TestService service = startService()) {
            pair.awaitSlotSynced();
            double flushes = flushes(service);
            double sessions = sessions(service);
            List<Answer> answers = lookUpWhile(end, service, sessions);

            assertThat(OwnersDatabase.promo(service, "u0")).isEqualTo("right before");
            awaitPromo(service, "u1", "right after");
            assertThat(flushes(service)).isEqualTo(flushes);
            assertThat(answers).allSatisfy(answer -> {
                assertThat(answer.status()).isEqualTo(200);
                assertThat(answer.cacheStatus()).doesNotContain("fwd=miss");
            });
            PostgresPair.put(pair.second(), "u2", "later");
            awaitPromo(service, "u2", "later");
            verify();
        }
    }

    /** The former primary comes back as a standby, with what it needs to sync the slot, and is promoted in its turn. */
    @Test
    void promoted_andBack_whatIsCachedStays() {
        PostgresPair pair = begin(PostgresPair.syncingSlots(servers));
        try (TestService service = startService()) {
            pair.awaitSlotSynced();
            double flushes = flushes(service);
            double sessions = sessions(service);
            end(End.STOPPED);
            awaitFollowed(service, sessions);
            pair.rejoinFirst();
            PostgresPair.run(pair.first(), StoresPage.block("pg_drop_replication_slot('hotcold_user_api')"));
            PostgresPair.awaitSlotSynced(pair.second(), pair.first());
            PostgresPair.put(pair.second(), "u0", "on the second timeline");
            awaitPromo(service, "u0", "on the second timeline");
            double secondSessions = sessions(service);

            pair.switchBack();

            awaitFollowed(service, secondSessions);
            PostgresPair.put(pair.first(), "u1", "on the third timeline");
            awaitPromo(service, "u1", "on the third timeline");
            assertThat(OwnersDatabase.promo(service, "u0")).isEqualTo("on the second timeline");
            assertThat(servers.cached("u7")).contains("before");
            assertThat(flushes(service)).isEqualTo(flushes);
            verify();
        }
    }

    /** Whatever the feed has applied of the former primary, and lookups have cached of it, before they left it. */
    @Test
    void promoted_primaryLivesOn_nothingOfItStays() {
        PostgresPair pair = begin(PostgresPair.syncingSlots(servers));
        try (TestService service = startService()) {
            pair.awaitSlotSynced();
            double sessions = sessions(service);
            try (SteadyLoad load = SteadyLoad.begin(service.port(), PER_SECOND, i -> "u" + i % USERS)) {
                pair.promoteSecond();
                for (int i = 0; i < 20; i++) {
                    PostgresPair.put(pair.first(), "u" + i, "lost");
                    PostgresPair.put(pair.second(), "u" + (20 + i), "after");
                }
                awaitFollowed(service, sessions);
                assertThat(load.end())
                        .allSatisfy(answer -> assertThat(answer.status()).isEqualTo(200));
            }

            for (int i = 0; i < 20; i++) {
                awaitPromo(service, "u" + i, "before");
                awaitPromo(service, "u" + (20 + i), "after");
            }
            verify();
        }
    }

    /** The standby was not made for it: what is cached cannot be kept right any more, and is all that callers get. */
    @Test
    void promoted_feedIsNotPossibleThere_whatIsCachedIsServedUntilLookupsAreBack() {
        PostgresPair pair = begin(PostgresPair.withStandby(servers, "wal_level=replica"));
        try (LoginGate gate = LoginGate.to(pair.second().port());
                TestService service = startBehind(gate)) {
            double flushes = flushes(service);
            gate.holdAllBut("DateStyle");
            end(End.KILLED);

            OwnersDatabase.awaitReason(service, "wal_level is replica");
            for (int i = 0; i < USERS; i++) {
                assertThat(service.lookup("u" + i).status()).isEqualTo(200);
            }
            awaitUnproven(service);
            assertThat(flushes(service)).isEqualTo(flushes);
            PostgresPair.put(pair.second(), "u1", "after");
            gate.open();

            awaitPromo(service, "u1", "after");
            await().atMost(PATIENCE).until(() -> flushes(service) > flushes);
            OwnersDatabase.awaitReason(service, "wal_level is replica", "when CACHE_TTL_SECONDS is over");
        }
    }

    private TestService startBehind(LoginGate gate) {
        TestService service = TestService.start(pair().environment(
                        PostgresPair.url(List.of(pair().first().port(), gate.port()), ""),
                        "CHANGE_FEED",
                        "on",
                        "CHANGE_FEED_DATABASE_URL",
                        pair().url("")));
        Feeds.awaitOwner(service);
        IntStream.range(0, USERS).forEach(i -> OwnersDatabase.cache(service, "u" + i));
        return service;
    }

    private static void awaitUnproven(TestService service) {
        await().atMost(PATIENCE)
                .until(() -> service.lookup("u1").header("Cache-Status").contains("unproven"));
    }

    /** The fallback stays until PostgreSQL answers lookups again. */
    @ParameterizedTest
    @EnumSource
    void promoted_slotIsNotSynced_nothingIsDroppedBeforeLookupsAreBack(End end) {
        var _ = begin(new PostgresPair(servers));
        try (TestService service = startService()) {
            double flushes = flushes(service);
            double sessions = sessions(service);
            List<Answer> answers = lookUpWhile(end, service, sessions);

            assertThat(flushes(service)).isGreaterThan(flushes);
            assertThat(answers).allSatisfy(answer -> assertThat(answer.status()).isEqualTo(200));
            assertThat(OwnersDatabase.promo(service, "u0")).isEqualTo("right before");
            assertThat(OwnersDatabase.promo(service, "u1")).isEqualTo("right after");
            verify();
        }
    }

    /** The change feed is back first: its own connections open, those of the event loops do not. */
    @Test
    void promoted_lookupsCannotConnectYet_whatIsCachedIsServedUntilTheyCan() {
        PostgresPair pair = begin(new PostgresPair(servers));
        try (LoginGate gate = LoginGate.to(pair.second().port());
                TestService service = startBehind(gate)) {
            double flushes = flushes(service);
            double sessions = sessions(service);
            gate.holdAllBut("DateStyle");
            end(End.KILLED);

            await().atMost(PATIENCE)
                    .until(() -> sessions(service) > sessions
                            || service.manage("/readyz").body().contains("as soon as lookups reach PostgreSQL again"));
            for (int i = 0; i < USERS; i++) {
                assertThat(service.lookup("u" + i).status()).isEqualTo(200);
            }
            awaitUnproven(service);
            assertThat(flushes(service)).isEqualTo(flushes);
            PostgresPair.put(pair.second(), "u1", "after");
            gate.open();

            awaitFollowed(service, sessions);
            awaitPromo(service, "u1", "after");
            assertThat(flushes(service)).isGreaterThan(flushes);
        }
    }

    /** What Redis has been told, and no standby has got, is gone with the primary. */
    @Test
    void promoted_appliedChangeIsLost_redisIsFlushed() {
        PostgresPair pair = begin(PostgresPair.syncingSlots(servers));
        try (TestService service = startService()) {
            pair.awaitSlotSynced();
            double flushes = flushes(service);
            double sessions = sessions(service);
            pair.detachSecond();
            PostgresPair.put(pair.first(), "u0", "lost");
            awaitPromo(service, "u0", "lost");
            Feeds.awaitApplied(servers);

            end(End.KILLED);
            awaitFollowed(service, sessions);

            assertThat(OwnersDatabase.promo(service, "u0")).isEqualTo("before");
            assertThat(flushes(service)).isGreaterThan(flushes);
            verify();
        }
    }

    /** The feed waits for the standby, lookups do not: one has cached what no standby has got. */
    @Test
    void promoted_lookupHasCachedWhatIsLost_thatIsRemovedAndOthersStay() {
        PostgresPair pair = begin(PostgresPair.syncingSlots(servers));
        StoresPage.block("synchronized_standby_slots = 'standby1'")
                .lines()
                .forEach(statement -> PostgresPair.run(pair.first(), statement));
        try (TestService service = startService()) {
            pair.awaitSlotSynced();
            double flushes = flushes(service);
            double sessions = sessions(service);
            pair.detachSecond();
            PostgresPair.put(pair.first(), "u0", "lost");
            PostgresPair.put(pair.first(), "new", "lost");
            servers.redisCommands().del("user:u0");
            awaitPromo(service, "u0", "lost");
            awaitPromo(service, "new", "lost");
            await().until(() -> servers.cached("u0").contains("lost")
                    && servers.cached("new").contains("lost"));

            end(End.KILLED);
            awaitFollowed(service, sessions);

            assertThat(OwnersDatabase.promo(service, "u0")).isEqualTo("before");
            assertThat(OwnersDatabase.promo(service, "new")).isEmpty();
            assertThat(flushes(service)).isEqualTo(flushes);
            assertThat(servers.cached("u7")).contains("before");
            verify();
        }
    }

    /** One that an older version has made, or the owner. */
    @Test
    void slotWithoutFailover_isAlteredAndSynced_copyIsNotTakenForIt() throws SQLException {
        PostgresPair pair = begin(PostgresPair.syncingSlots(servers));
        PostgresPair.run(pair.first(), "CREATE PUBLICATION hotcold_user_api FOR TABLE users");
        PostgresPair.run(pair.first(), "SELECT pg_create_logical_replication_slot('hotcold_user_api', 'pgoutput')");
        assertThat(slot("failover")).isEqualTo("f");
        try (TestService service = startService()) {
            assertThat(slot("failover")).isEqualTo("t");
            assertThat(service.manage("/readyz").body()).contains("\"degraded\":{}");
            pair.awaitSlotSynced();
        }
        try (Connection standby = DriverManager.getConnection(pair.second().jdbcUrl())) {
            assertThat(new JdbcSlotCatalog(standby, "hotcold_user_api").state())
                    .hasValueSatisfying(copy -> assertThat(copy.phase()).isEqualTo(SlotState.Phase.COPY));
        }
    }

    private String slot(String column) {
        return PostgresPair.text(
                pair().first(), "SELECT " + column + " FROM pg_replication_slots WHERE slot_name = 'hotcold_user_api'");
    }
}
