package dev.hotcold.cold.pool;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.cold.pool.ScriptedPostgres.ScriptedConnection;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.table.IdMatch;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.SilentObserver;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConnectionPoolTest {

    private static final Duration SECOND = Duration.ofSeconds(1);
    private static final Duration PAUSE = Duration.ofMillis(200);
    private static final Duration CHECK_PERIOD = Duration.ofSeconds(30);
    private static final Duration MAX_IDLE = Duration.ofSeconds(100);
    private static final Duration MAX_LIFETIME = Duration.ofSeconds(500);
    private static final QueryOutcome ANSWERED = new QueryOutcome.Answered(List.of(), 0);
    private static final QueryOutcome ERROR_REPLY = new QueryOutcome.ErrorReply("an error");
    private static final QueryOutcome CANCELLED = new QueryOutcome.Cancelled("cancelled");
    private static final QueryOutcome DISCONNECTED = new QueryOutcome.Disconnected("gone");

    private final ManualTime time = new ManualTime();
    private final ScriptedPostgres postgres = new ScriptedPostgres();
    private final StoreHealth health = new StoreHealth("PostgreSQL");
    private final RecordingOwner owner = new RecordingOwner();
    private ConnectionPool pool = pool(MAX_IDLE, MAX_LIFETIME);

    /** What the owner of the pool is told. */
    private static final class RecordingOwner implements ConnectionPool.Owner {

        private final List<PooledConnection> probes = new ArrayList<>();
        private int changes;
        private int failures;

        @Override
        public void connectionsChanged() {
            changes++;
        }

        @Override
        public void openFailed(Throwable cause) {
            failures++;
        }

        @Override
        public void probe(PooledConnection connection) {
            probes.add(connection);
        }
    }

    @Test
    void openAnother_attemptUnderWay_startsNoSecondOne() {
        pool.openAnother();

        pool.openAnother();

        assertThat(postgres.attempts()).isEqualTo(1);
    }

    @Test
    void openAnother_boundReached_startsNone() {
        open();
        open();

        pool.openAnother();

        assertThat(postgres.attempts()).isEqualTo(2);
    }

    @Test
    void openAnother_attemptFailedAMomentAgo_startsNoneUntilThePauseIsOver() {
        pool.openAnother();
        postgres.refuse("down");

        time.pass(PAUSE.minusNanos(1));
        pool.openAnother();
        assertThat(postgres.attempts()).isEqualTo(1);
        assertThat(pool.isDown()).isTrue();
        time.pass(Duration.ofNanos(1));
        pool.openAnother();

        assertThat(owner.failures).isEqualTo(1);
        assertThat(owner.changes).isEqualTo(1);
        assertThat(postgres.attempts()).isEqualTo(2);
        assertThat(pool.isDown()).isFalse();
    }

    @Test
    void openAnother_twoConnectionsBrokeAtOnce_startsNoneUntilThePauseIsOver() {
        for (int i = 0; i < 2; i++) {
            pool.release(openAndTake(), DISCONNECTED);
        }

        pool.openAnother();
        assertThat(postgres.attempts()).isEqualTo(2);
        assertThat(pool.isDown()).isTrue();
        time.pass(PAUSE);
        pool.openAnother();

        assertThat(postgres.attempts()).isEqualTo(3);
    }

    @Test
    void openAnother_twoConnectionsBrokeButOneHadAnswered_startsOne() {
        pool.release(openAndTake(), DISCONNECTED);
        pool.release(openAndTake(), ANSWERED);
        pool.release(Objects.requireNonNull(pool.take()), DISCONNECTED);

        pool.openAnother();

        assertThat(postgres.attempts()).isEqualTo(3);
    }

    @Test
    void isDown_attemptFailedButAnotherConnectionIsOpen_isNot() {
        open();
        pool.openAnother();

        postgres.refuse("too many clients");

        assertThat(pool.isDown()).isFalse();
    }

    @Test
    void start_firstAttemptFails_completes() {
        Future<Void> started = pool.start();
        assertThat(started.isComplete()).isFalse();

        postgres.refuse("down");

        assertThat(started.succeeded()).isTrue();
    }

    @Test
    void take_severalRest_isTheOneThatCameToRestLast() {
        PooledConnection first = openAndTake();
        PooledConnection second = openAndTake();

        pool.release(first, ANSWERED);
        pool.release(second, ANSWERED);

        assertThat(pool.take()).isSameAs(second);
        assertThat(pool.take()).isSameAs(first);
        assertThat(pool.take()).isNull();
    }

    @Test
    void opened_storeDegraded_isProbedBeforeItRests() {
        health.degraded("no reply in time");

        open();

        assertThat(owner.probes).hasSize(1);
        assertThat(owner.changes).isZero();
        assertThat(pool.take()).isNull();
        pool.release(owner.probes.getFirst(), ANSWERED);
        assertThat(pool.take()).isSameAs(owner.probes.getFirst());
    }

    @Test
    void closedByTheServer_whileResting_leavesThePool() {
        ScriptedConnection connection = open();

        connection.closeByServer();

        assertThat(pool.take()).isNull();
        pool.openAnother();
        assertThat(postgres.attempts()).isEqualTo(2);
    }

    @Test
    void closedByTheServer_whileRestingAndNewAgainAndAgain_thePauseIsSaid() {
        openBoth().forEach(ScriptedConnection::closeByServer);

        assertThat(pool.isDown()).isTrue();
        assertThat(health.reason()).hasValueSatisfying(why -> assertThat(why).contains("ended the last connection"));
    }

    /** What PostgreSQL was not asked it has not answered. */
    @Test
    void closedByTheServer_whileNewAndNotAsked_thePauseIsSaid() {
        List<ScriptedConnection> connections = openBoth();
        connections.getFirst().closeByServer();
        pool.release(Objects.requireNonNull(pool.take()), new QueryOutcome.NotAsked(IdMatch.INTEGER));

        connections.getLast().closeByServer();

        assertThat(pool.isDown()).isTrue();
    }

    @Test
    void closedByTheServer_whileNoOtherCanBeOpened_isSaid() {
        ScriptedConnection connection = open();
        time.pass(SECOND);
        pool.openAnother();
        postgres.refuse("too many connections");

        connection.closeByServer();

        assertThat(pool.isDown()).isTrue();
        assertThat(health.isDegraded()).isTrue();
    }

    @Test
    void closedByTheServer_whileNewButAnotherIsOpen_isNoReasonToSayAnything() {
        List<ScriptedConnection> connections = openBoth();

        connections.getFirst().closeByServer();

        assertThat(pool.isDown()).isFalse();
        assertThat(health.isDegraded()).isFalse();
    }

    @Test
    void release_afterAnAnswerOrAnErrorReply_rests() {
        PooledConnection connection = openAndTake();

        pool.release(connection, ERROR_REPLY);

        assertThat(pool.take()).isSameAs(connection);
        assertThat(postgres.open()).hasSize(1);
    }

    @Test
    void release_connectionBroke_closes() {
        PooledConnection connection = openAndTake();

        pool.release(connection, DISCONNECTED);

        assertThat(pool.take()).isNull();
        assertThat(scripted(connection).saidGoodbye()).isTrue();
    }

    @Test
    void release_cancelledAfterItsDeadline_rests() {
        PooledConnection connection = openAndTake();
        connection.cancel();

        pool.release(connection, CANCELLED);

        assertThat(pool.take()).isSameAs(connection);
        assertThat(connection.isOverdue()).isFalse();
    }

    /** The request to cancel may arrive yet, and would hit the next query. */
    @Test
    void release_endedByItselfAfterItsDeadline_closes() {
        PooledConnection answered = openAndTake();
        PooledConnection refused = openAndTake();
        answered.cancel();
        refused.cancel();

        pool.release(answered, ANSWERED);
        pool.release(refused, ERROR_REPLY);

        assertThat(pool.take()).isNull();
        assertThat(scripted(answered).saidGoodbye()).isTrue();
        assertThat(scripted(refused).saidGoodbye()).isTrue();
    }

    @Test
    void release_olderThanItsLifetime_closes() {
        PooledConnection young = openAndTake();
        time.pass(MAX_LIFETIME.minusNanos(1));
        pool.release(young, ANSWERED);
        assertThat(pool.take()).isSameAs(young);
        time.pass(Duration.ofNanos(1));

        pool.release(young, ANSWERED);

        assertThat(pool.take()).isNull();
        assertThat(scripted(young).saidGoodbye()).isTrue();
    }

    @Test
    void close_serverDoesNotAnswerTheGoodbye_isAbandonedAfterASecond() {
        PooledConnection connection = openAndTake();
        pool.release(connection, DISCONNECTED);

        time.pass(SECOND.minusNanos(1));
        assertThat(scripted(connection).isClosed()).isFalse();
        time.pass(Duration.ofNanos(1));

        assertThat(scripted(connection).isClosed()).isTrue();
    }

    @Test
    void isOverdue_everyConnectionThatThereMayBe_untilOneIsAbandoned() {
        PooledConnection first = openAndTake();
        PooledConnection second = openAndTake();
        first.cancel();
        assertThat(pool.isOverdue()).isFalse();
        second.cancel();
        assertThat(pool.isOverdue()).isTrue();

        pool.abandon(first);

        assertThat(scripted(first).isClosed()).isTrue();
        assertThat(pool.isOverdue()).isFalse();
        pool.openAnother();
        assertThat(postgres.attempts()).isEqualTo(3);
    }

    @Test
    void isOverdue_theOnlyOneAndNoOtherCanBeOpened_isSoDuringThePause() {
        openAndTake().cancel();
        assertThat(pool.isOverdue()).isFalse();
        pool.openAnother();

        postgres.refuse("too many clients");

        assertThat(pool.isOverdue()).isTrue();
        time.pass(PAUSE);
        assertThat(pool.isOverdue()).isFalse();
    }

    @Test
    void release_abandonedBefore_doesNothing() {
        PooledConnection connection = openAndTake();
        pool.abandon(connection);

        pool.release(connection, DISCONNECTED);

        assertThat(pool.take()).isNull();
        assertThat(scripted(connection).saidGoodbye()).isFalse();
    }

    @Test
    void check_healthyStore_probesWhatRestsOncePerPeriod() {
        start();
        PooledConnection busy = Objects.requireNonNull(pool.take());
        open();

        time.pass(CHECK_PERIOD.minusSeconds(1));
        assertThat(owner.probes).isEmpty();
        time.pass(SECOND);

        assertThat(owner.probes).hasSize(1).doesNotContain(busy);
        assertThat(pool.take()).isNull();
    }

    @Test
    void check_degradedStore_probesEachSecond() {
        start();
        health.degraded("no reply in time");

        for (int i = 0; i < 3; i++) {
            time.pass(SECOND);
            pool.release(owner.probes.getLast(), ERROR_REPLY);
        }

        assertThat(owner.probes).hasSize(3);
    }

    @Test
    void check_degradedStoreWithoutConnections_triesToOpenOne() {
        Future<Void> started = pool.start();
        postgres.refuse("down");
        health.degraded("down");

        time.pass(SECOND);

        assertThat(started.succeeded()).isTrue();
        assertThat(postgres.attempts()).isEqualTo(2);
    }

    @Test
    void check_connectionUnusedForItsIdleTime_closes() {
        start();
        ScriptedConnection unused = open();
        ScriptedConnection used = postgres.open().getFirst();

        for (int seconds = 0; seconds < 120; seconds++) {
            time.pass(SECOND);
            releaseProbes();
            use(used);
        }

        assertThat(unused.saidGoodbye()).isTrue();
        assertThat(used.saidGoodbye()).isFalse();
    }

    @Test
    void check_onlyProbes_doNotCountAsUse() {
        start();
        ScriptedConnection connection = postgres.open().getFirst();

        passProbing(MAX_IDLE);
        assertThat(connection.saidGoodbye()).isFalse();
        passProbing(CHECK_PERIOD);

        assertThat(connection.saidGoodbye()).isTrue();
    }

    @Test
    void check_olderThanItsLifetimeWhileResting_closes() {
        pool = pool(Duration.ZERO, MAX_LIFETIME);
        start();
        ScriptedConnection connection = postgres.open().getFirst();

        passProbing(MAX_LIFETIME);
        passProbing(CHECK_PERIOD);

        assertThat(connection.saidGoodbye()).isTrue();
    }

    @Test
    void take_supersededConnections_areClosedInstead() {
        List<ScriptedConnection> both = openBoth();
        both.getLast().supersede();

        assertThat(scripted(Objects.requireNonNull(pool.take()))).isSameAs(both.getFirst());

        assertThat(both.getLast().saidGoodbye()).isTrue();
        assertThat(pool.take()).isNull();
    }

    @Test
    void release_superseded_closes() {
        PooledConnection connection = openAndTake();
        scripted(connection).supersede();

        pool.release(connection, ANSWERED);

        assertThat(scripted(connection).saidGoodbye()).isTrue();
    }

    @Test
    void check_secondBestServer_isProbedEverySecond() {
        start();
        postgres.provisional(true);

        time.pass(SECOND);

        assertThat(owner.probes).hasSize(1);
    }

    @Test
    void check_zeroTimes_areNoLimits() {
        pool = pool(Duration.ZERO, Duration.ZERO);
        start();

        passProbing(Duration.ofHours(1));

        assertThat(postgres.open()).singleElement().matches(connection -> !connection.saidGoodbye());
    }

    @Test
    void close_restingAndBusyConnections_completesWhenAllHaveClosed() {
        PooledConnection busy = openAndTake();
        ScriptedConnection resting = open();

        Future<Void> closed = pool.close();

        assertThat(resting.saidGoodbye()).isTrue();
        assertThat(scripted(busy).saidGoodbye()).isFalse();
        resting.closeByServer();
        assertThat(closed.isComplete()).isFalse();
        pool.release(busy, ANSWERED);
        assertThat(scripted(busy).saidGoodbye()).isTrue();
        assertThat(closed.isComplete()).isFalse();
        scripted(busy).closeByServer();
        assertThat(closed.succeeded()).isTrue();
    }

    @Test
    void close_queryAndGoodbyeThatDoNotEnd_areAbandonedAfterASecond() {
        PooledConnection busy = openAndTake();
        ScriptedConnection resting = open();

        Future<Void> closed = pool.close();
        time.pass(SECOND.minusNanos(1));
        assertThat(closed.isComplete()).isFalse();
        time.pass(Duration.ofNanos(1));

        assertThat(closed.succeeded()).isTrue();
        assertThat(scripted(busy).isClosed()).isTrue();
        assertThat(resting.isClosed()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void close_attemptUnderWay_isAwaited(boolean succeeds) {
        pool.openAnother();
        Future<Void> closed = pool.close();
        assertThat(closed.isComplete()).isFalse();

        if (succeeds) {
            ScriptedConnection late = postgres.accept();
            assertThat(late.saidGoodbye()).isTrue();
            assertThat(pool.take()).isNull();
            late.closeByServer();
        } else {
            postgres.refuse("down");
        }

        assertThat(closed.succeeded()).isTrue();
    }

    @Test
    void close_afterwards_opensAndChecksNothing() {
        start();
        pool.close();

        pool.openAnother();
        time.pass(Duration.ofHours(1));

        assertThat(postgres.attempts()).isEqualTo(1);
        assertThat(owner.probes).isEmpty();
        assertThat(time.pending()).isZero();
    }

    private ConnectionPool pool(Duration maxIdle, Duration maxLifetime) {
        PoolSettings settings = new PoolSettings(2, CHECK_PERIOD, maxIdle, maxLifetime);
        return new ConnectionPool(postgres, settings, 2, time, new SilentObserver(), health, owner);
    }

    private List<ScriptedConnection> openBoth() {
        return List.of(open(), open());
    }

    private void start() {
        pool.start();
        postgres.accept();
    }

    private ScriptedConnection open() {
        pool.openAnother();
        return postgres.accept();
    }

    private PooledConnection openAndTake() {
        open();
        return Objects.requireNonNull(pool.take());
    }

    /** Sends a query on this connection; the others rest as before. */
    private void use(ScriptedConnection wanted) {
        PooledConnection top = Objects.requireNonNull(pool.take());
        if (scripted(top) == wanted) {
            query(top);
        } else {
            use(wanted);
        }
        pool.release(top, ANSWERED);
    }

    private void query(PooledConnection connection) {
        connection.query(List.of((UserId) UserId.parse("a")), time.nanos());
        scripted(connection).answer("a");
    }

    private static ScriptedConnection scripted(PooledConnection connection) {
        return (ScriptedConnection) connection.connection();
    }

    /** Time passes, and each probe is answered within the second. */
    private void passProbing(Duration duration) {
        for (long second = 0; second < duration.toSeconds(); second++) {
            time.pass(SECOND);
            releaseProbes();
        }
    }

    private void releaseProbes() {
        for (PooledConnection probe : List.copyOf(owner.probes)) {
            probe.query(List.of(), time.nanos());
            scripted(probe).answer();
            pool.release(probe, ANSWERED);
        }
        owner.probes.clear();
    }
}
