package dev.hotcold.cold;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.cold.pool.PoolSettings;
import dev.hotcold.cold.pool.QueryOutcome;
import dev.hotcold.cold.pool.ScriptedPostgres;
import dev.hotcold.cold.pool.ScriptedPostgres.ScriptedConnection;
import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.table.IdMatch;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.SilentObserver;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class PostgresColdStoreTest {

    private static final Duration BUDGET = Duration.ofMillis(300);
    private static final Duration CANCEL_GRACE = Duration.ofSeconds(2);
    private static final Duration PAUSE = Duration.ofMillis(200);

    private final ManualTime time = new ManualTime();
    private final ScriptedPostgres postgres = new ScriptedPostgres();
    private final RecordingObserver observer = new RecordingObserver();
    private final PostgresColdStore store = store(1);

    /** What the observer is told of reads that fail, and of queries. */
    private static final class RecordingObserver extends SilentObserver {

        private final List<Failure> failures = new ArrayList<>();
        private final List<Integer> sent = new ArrayList<>();
        private int ended;
        private int waiting;

        @Override
        public void coldReadQueued() {
            waiting++;
        }

        @Override
        public void coldReadsDequeued(int reads) {
            waiting -= reads;
        }

        @Override
        public void coldBatchSent(int ids) {
            sent.add(ids);
        }

        @Override
        public void coldBatchEnded(long nanos) {
            ended++;
        }

        @Override
        public void coldReadsFailed(int reads, Failure failure) {
            failures.add(failure);
        }
    }

    @Test
    void read_noConnectionYet_opensOneAndIsSentOverIt() {
        Future<ColdRead> read = read("a");

        time.endTurn();
        assertThat(postgres.attempts()).isEqualTo(1);
        ScriptedConnection connection = postgres.accept();
        time.endTurn();

        assertThat(connection.queries()).containsExactly(List.of("a"));
        assertThat(read.isComplete()).isFalse();
    }

    @Test
    void read_severalInOneTurn_shareOneQueryAndEachGetsItsOwnOutcome() {
        ScriptedConnection connection = connect();
        Future<ColdRead> a = read("a");
        Future<ColdRead> b = read("b");
        Future<ColdRead> c = read("c");
        Future<ColdRead> again = read("a");
        assertThat(connection.isBusy()).isFalse();
        time.endTurn();

        connection.answer("c", "a");

        assertThat(connection.queries()).containsExactly(List.of("a", "b", "c", "a"));
        assertThat(a.result()).isEqualTo(present("a"));
        assertThat(b.result()).isEqualTo(ColdRead.Absent.ABSENT);
        assertThat(c.result()).isEqualTo(present("c"));
        assertThat(again.result()).isEqualTo(present("a"));
        assertThat(observer.failures).isEmpty();
        assertThat(observer.sent).containsExactly(4);
        assertThat(observer.ended).isEqualTo(1);
    }

    @Test
    void read_rowOfAnotherUserComesBack_goesToNobody() {
        ScriptedConnection connection = connect();
        Future<ColdRead> read = send("a");

        connection.answer("b");

        assertThat(read.result()).isEqualTo(ColdRead.Absent.ABSENT);
    }

    @Test
    void read_allConnectionsBusy_waitsAndSharesTheNextQuery() {
        ScriptedConnection connection = connect();
        send("a");
        send("b");
        send("c");
        assertThat(connection.queries()).hasSize(1);
        assertThat(observer.waiting).isEqualTo(2);

        connection.answerAll();
        time.endTurn();

        assertThat(connection.lastQuery()).containsExactly("b", "c");
        assertThat(observer.waiting).isZero();
    }

    @Test
    void read_moreConnectionsAllowed_opensOnePerTurnWhileOthersWait() {
        PostgresColdStore wide = store(3);
        wide.open();
        ScriptedConnection first = postgres.accept();
        wide.read(id("a"));
        time.endTurn();
        wide.read(id("b"));
        time.endTurn();
        wide.read(id("c"));
        time.endTurn();
        assertThat(postgres.attempts()).isEqualTo(2);

        ScriptedConnection second = postgres.accept();
        time.endTurn();

        assertThat(first.lastQuery()).containsExactly("a");
        assertThat(second.lastQuery()).containsExactly("b", "c");
        assertThat(postgres.attempts()).isEqualTo(2);
    }

    @Test
    void read_moreThanOneQueryMayHave_theOldestGoFirst() {
        PostgresColdStore wide = store(2);
        List<String> ids = ids(300);
        ids.forEach(id -> wide.read(id(id)));
        time.endTurn();

        ScriptedConnection connection = postgres.accept();
        time.endTurn();

        assertThat(connection.lastQuery()).isEqualTo(ids.subList(0, 256));
        connection.answerAll();
        time.endTurn();
        assertThat(connection.lastQuery()).isEqualTo(ids.subList(256, 300));
    }

    @Test
    void read_errorReply_failsAndTheConnectionServesTheNextOne() {
        ScriptedConnection connection = connect();
        Future<ColdRead> read = send("a");

        connection.end(new QueryOutcome.ErrorReply("the table is missing"));

        assertFailed(read, Failure.ERROR_REPLY);
        assertThat(store.health().reason()).hasValue("the table is missing");
        Future<ColdRead> next = send("b");
        connection.answerAll();
        assertThat(next.result()).isEqualTo(present("b"));
        assertThat(store.health().isDegraded()).isFalse();
    }

    @Test
    void read_connectionBreaks_failsAndAnotherConnectionServesTheNextOne() {
        ScriptedConnection connection = connect();
        Future<ColdRead> read = send("a");

        connection.closeByServer();

        assertFailed(read, Failure.DISCONNECTED);
        assertThat(store.health().reason()).hasValue("not reachable: closed");
        Future<ColdRead> next = send("b");
        ScriptedConnection other = postgres.accept();
        assertThat(other.lastQuery()).as("a probe").isEmpty();
        other.answerAll();
        time.endTurn();
        other.answerAll();
        assertThat(next.result()).isEqualTo(present("b"));
    }

    @Test
    void read_cancelledBySomeoneElse_failsAndSaysSo() {
        ScriptedConnection connection = connect();
        Future<ColdRead> read = send("a");

        connection.end(new QueryOutcome.Cancelled("cancelled by an administrator"));

        assertFailed(read, Failure.ERROR_REPLY);
        assertThat(store.health().reason()).hasValue("cancelled by an administrator");
        assertThat(connection.saidGoodbye()).isFalse();
    }

    @Test
    void read_queryPastItsDeadline_failsAndIsCancelled() {
        ScriptedConnection connection = connect();
        Future<ColdRead> read = send("a");

        time.pass(BUDGET.minusNanos(1));
        assertThat(read.isComplete()).isFalse();
        assertThat(connection.cancels()).isZero();
        time.pass(Duration.ofNanos(1));

        assertFailed(read, Failure.TIMEOUT);
        assertThat(connection.cancels()).isEqualTo(1);
        assertThat(store.health().reason()).hasValue("no reply in time");
    }

    @Test
    void read_queryCancelledAfterItsDeadline_itsConnectionServesTheNextOne() {
        ScriptedConnection connection = connect();
        send("a");
        time.pass(BUDGET);

        connection.end(new QueryOutcome.Cancelled("cancelled"));

        assertThat(store.health().reason()).hasValue("no reply in time");
        assertThat(store.isKnownDown()).isFalse();
        send("b");
        assertThat(connection.lastQuery()).containsExactly("b");
        time.pass(CANCEL_GRACE);
        assertThat(connection.isClosed()).isFalse();
        assertThat(observer.failures).startsWith(Failure.TIMEOUT).doesNotContain(Failure.ERROR_REPLY);
    }

    /** The request to cancel may arrive only now, and would end a query of others. */
    @Test
    void read_queryAnsweredAfterItsDeadline_itsConnectionServesNoOther() {
        ScriptedConnection connection = connect();
        send("a");
        time.pass(BUDGET);

        connection.answerAll();

        assertThat(connection.saidGoodbye()).isTrue();
        assertThat(store.health().reason()).as("until one is answered in time").hasValue("no reply in time");
        send("b");
        assertThat(connection.queries()).containsExactly(List.of("a"));
        assertThat(postgres.attempts()).isEqualTo(2);
    }

    @Test
    void read_queryAnsweredAfterItsDeadline_isNoReasonToRefuseThoseThatWait() {
        ScriptedConnection connection = connect();
        send("a");
        time.pass(BUDGET.dividedBy(2));
        Future<ColdRead> waiting = send("b");
        time.pass(BUDGET.dividedBy(2).plusMillis(10));

        connection.answerAll();
        time.endTurn();

        assertThat(waiting.isComplete()).isFalse();
        ScriptedConnection other = postgres.accept();
        time.endTurn();
        other.answerAll();
        time.endTurn();
        assertThat(other.lastQuery()).containsExactly("b");
        assertThat(store.health().isDegraded()).isFalse();
    }

    @Test
    void read_queryAnsweredAfterItsDeadline_isNotTakenForWhatQueriesCost() {
        ScriptedConnection connection = connect();
        send("a");
        time.pass(BUDGET.plusMillis(10));
        connection.answerAll();
        send("b");
        postgres.accept();
        time.endTurn();

        Future<ColdRead> read = send("c");

        assertThat(read.isComplete()).isFalse();
    }

    @Test
    void read_queryDoesNotEndThoughCancelled_itsConnectionIsAbandonedAfterTheGrace() {
        ScriptedConnection connection = connect();
        send("a");
        time.pass(BUDGET);

        time.pass(CANCEL_GRACE.minusNanos(1));
        assertThat(connection.isClosed()).isFalse();
        time.pass(Duration.ofNanos(1));

        assertThat(connection.isClosed()).isTrue();
        assertThat(store.isKnownDown()).isFalse();
        send("b");
        assertThat(postgres.attempts()).isEqualTo(2);
    }

    @Test
    void read_requestToCancelCannotBeSent_healthSaysWhy() {
        ScriptedConnection connection = connect();
        send("a");
        time.pass(BUDGET);

        connection.refuseCancel("not reachable: refused");

        assertThat(store.health().reason()).hasValue("not reachable: refused");
    }

    @Test
    void read_everyConnectionHeldByAnOverdueQuery_failsAtOnce() {
        connect();
        send("a");
        time.pass(BUDGET);

        Future<ColdRead> read = read("b");

        assertFailed(read, Failure.TIMEOUT);
        assertThat(store.isKnownDown()).isTrue();
    }

    /** So it is with a server that is frozen, whose system goes on accepting connections. */
    @Test
    void read_overdueAndAnotherConnectionDoesNotOpen_failsAtOnceUntilItDoes() {
        PostgresColdStore wide = store(2);
        wide.open();
        postgres.accept();
        wide.read(id("a"));
        time.endTurn();
        Future<ColdRead> waiting = wide.read(id("b"));
        time.endTurn();
        assertThat(postgres.attempts()).isEqualTo(2);
        time.pass(BUDGET);
        assertFailed(waiting, Failure.TIMEOUT);
        assertThat(wide.isKnownDown()).isFalse();
        time.pass(Duration.ofNanos(1));

        assertFailed(wide.read(id("c")), Failure.TIMEOUT);
        assertThat(wide.isKnownDown()).isTrue();

        ScriptedConnection other = postgres.accept();
        time.endTurn();
        other.answerAll();
        assertThat(wide.isKnownDown()).isFalse();
        Future<ColdRead> read = wide.read(id("d"));
        time.endTurn();
        other.answerAll();
        assertThat(read.result()).isEqualTo(present("d"));
    }

    /** Not for a while again with each attempt. */
    @Test
    void read_attemptsHangOneAfterTheOther_failsAtOnceAllTheTime() {
        PostgresColdStore wide = waitingForASecondConnection();
        time.pass(Duration.ofSeconds(2));
        postgres.refuse("not reachable: timed out");
        assertThat(wide.isKnownDown()).isTrue();

        time.pass(PAUSE);

        assertThat(postgres.attempts()).as("though nobody waits").isEqualTo(3);
        assertFailed(wide.read(id("c")), Failure.TIMEOUT);
        ScriptedConnection other = postgres.accept();
        time.endTurn();
        other.answerAll();
        assertThat(wide.isKnownDown()).isFalse();
    }

    /** As with one that is far: it lets connections in, and answers none of them in time. */
    @Test
    void read_connectionThatTookLongIsTriedOut_failsAtOnceUntilItHasAnswered() {
        PostgresColdStore wide = waitingForASecondConnection();
        time.pass(BUDGET.multipliedBy(2));

        ScriptedConnection other = postgres.accept();
        time.endTurn();

        assertFailed(wide.read(id("c")), Failure.TIMEOUT);
        time.pass(BUDGET);
        other.answerAll();
        time.endTurn();
        assertFailed(wide.read(id("d")), Failure.TIMEOUT);
    }

    @Test
    void read_everyConnectionAbandonedAndNoneOpens_failsAtOnce() {
        PostgresColdStore wide = waitingForASecondConnection();

        time.pass(BUDGET);
        time.pass(CANCEL_GRACE);

        assertThat(postgres.open()).isEmpty();
        assertFailed(wide.read(id("c")), Failure.TIMEOUT);
    }

    /** Nothing says that this server hangs: it only takes long to let somebody in. */
    @Test
    void read_firstConnectionTakesLong_waitsForIt() {
        store.open();
        time.pass(BUDGET.multipliedBy(2));

        Future<ColdRead> read = send("a");

        assertThat(read.isComplete()).isFalse();
        ScriptedConnection connection = postgres.accept();
        time.endTurn();
        connection.answerAll();
        assertThat(read.result()).isEqualTo(present("a"));
    }

    @Test
    void read_connectFails_thoseThatWaitAndThoseWithinThePauseFailAtOnce() {
        Future<ColdRead> waiting = send("a");

        postgres.refuse("not reachable: refused");
        Future<ColdRead> within = read("b");

        assertFailed(waiting, Failure.DISCONNECTED);
        assertFailed(within, Failure.DISCONNECTED);
        assertThat(store.isKnownDown()).isTrue();
        assertThat(store.health().reason()).hasValue("not reachable: refused");
        assertThat(postgres.attempts()).isEqualTo(1);
        time.pass(PAUSE);
        assertThat(store.isKnownDown()).isFalse();
        assertThat(send("c").isComplete()).isFalse();
        assertThat(postgres.attempts()).isEqualTo(2);
    }

    @Test
    void read_connectingTakesLongerThanACallerWaits_failsAndHealthSaysSo() {
        Future<ColdRead> read = send("a");

        time.pass(BUDGET);

        assertFailed(read, Failure.TIMEOUT);
        assertThat(store.health().isDegraded()).isTrue();
    }

    @Test
    void read_anotherConnectionCannotBeOpened_theOpenOneServesThoseThatWait() {
        PostgresColdStore wide = store(2);
        wide.open();
        ScriptedConnection connection = postgres.accept();
        wide.read(id("a"));
        time.endTurn();
        Future<ColdRead> waiting = wide.read(id("b"));
        time.endTurn();

        postgres.refuse("too many clients");

        assertThat(waiting.isComplete()).isFalse();
        assertThat(wide.health().isDegraded()).isFalse();
        connection.answerAll();
        time.endTurn();
        connection.answerAll();
        assertThat(waiting.result()).isEqualTo(present("b"));
    }

    @Test
    void read_256ForTheAllowedConnectionWaitAlready_isRefused() {
        connect();
        send("first");
        List<Future<ColdRead>> waiting = ids(256).stream().map(this::read).toList();

        Future<ColdRead> read = read("last");

        assertThat(waiting).noneMatch(Future::isComplete);
        assertThat(read.result()).isEqualTo(ColdRead.Refused.REFUSED);
        assertThat(observer.failures).containsExactly(Failure.OVERLOADED);
    }

    @Test
    void read_waitedAThirdOfTheBudgetWhileOthersWereServed_isRefused() {
        ScriptedConnection connection = connect();
        send("a");
        Future<ColdRead> second = send("b");
        Future<ColdRead> third = send("c");
        time.pass(BUDGET.dividedBy(3));
        assertThat(second.isComplete()).isFalse();

        connection.answerAll();

        assertThat(second.result()).isEqualTo(ColdRead.Refused.REFUSED);
        assertThat(third.result()).isEqualTo(ColdRead.Refused.REFUSED);
    }

    @Test
    void read_eachIdCostsMuch_queriesHaveAsManyIdsAsAreAnsweredInASixthOfTheBudget() {
        ScriptedConnection connection = connect();
        learnThatAnIdCostsAMillisecond(connection);

        ids(100).forEach(this::read);
        time.endTurn();

        assertThat(connection.lastQuery()).hasSizeBetween(45, 51);
    }

    /** One query is about to end, and each further one takes 50 ms of 300: half of the rest is for the wait. */
    @Test
    void read_wouldWaitTooLongByWhatQueriesCost_isShedAtOnce() {
        ScriptedConnection connection = connect();
        learnThatAnIdCostsAMillisecond(connection);
        send("first");

        List<Future<ColdRead>> reads = ids(250).stream().map(this::read).toList();

        long accepted = reads.stream().filter(read -> !read.isComplete()).count();
        assertThat(accepted).isBetween(130L, 170L);
        assertThat(reads.subList(200, 250))
                .allSatisfy(read -> assertThat(read.result()).isEqualTo(ColdRead.Refused.REFUSED));
    }

    @Test
    void read_storeDegraded_isNotShedByWhatQueriesCost() {
        ScriptedConnection connection = connect();
        learnThatAnIdCostsAMillisecond(connection);
        send("first");
        connection.end(new QueryOutcome.ErrorReply("an error"));
        send("second");

        List<Future<ColdRead>> reads = ids(250).stream().map(this::read).toList();

        assertThat(reads).noneMatch(Future::isComplete);
    }

    @Test
    void read_queryWasGivenUp_theNextOnesAreSmall() {
        ScriptedConnection connection = connect();
        ids(200).forEach(this::read);
        time.pass(BUDGET);
        connection.end(new QueryOutcome.Cancelled("cancelled"));

        ids(100).forEach(this::read);
        time.endTurn();

        assertThat(connection.lastQuery()).hasSizeBetween(8, 34);
    }

    @Test
    void read_postgresWasNotAsked_isAbsentAndProvesNothing() {
        ScriptedConnection connection = connect();
        send("a");
        connection.end(new QueryOutcome.ErrorReply("may not read"));

        Future<ColdRead> read = send("word");
        connection.end(new QueryOutcome.NotAsked(IdMatch.INTEGER));

        assertThat(read.result()).isEqualTo(ColdRead.Absent.ABSENT);
        assertThat(store.health().reason()).hasValue("may not read");
    }

    @Test
    void read_postgresWasNotAsked_isNoReasonToRefuseThoseThatWait() {
        ScriptedConnection connection = connect();
        send("word");
        time.pass(Duration.ofMillis(1));
        Future<ColdRead> waiting = send("a");
        time.pass(BUDGET.dividedBy(3));

        connection.end(new QueryOutcome.NotAsked(IdMatch.INTEGER));
        time.endTurn();

        assertThat(waiting.isComplete()).isFalse();
        assertThat(connection.lastQuery()).containsExactly("a");
    }

    @Test
    void read_postgresWasNotAsked_isNotTakenForWhatQueriesCost() {
        ScriptedConnection connection = connect();
        learnThatAnIdCostsAMillisecond(connection);
        for (int i = 0; i < 200; i++) {
            send("word");
            connection.end(new QueryOutcome.NotAsked(IdMatch.INTEGER));
        }

        ids(100).forEach(this::read);
        time.endTurn();

        assertThat(connection.lastQuery()).hasSizeBetween(45, 51);
    }

    /** Of each query only every fourth id is one that a row can have. */
    @Test
    void read_postgresWasAskedForSomeIds_onlyTheseCost() {
        ScriptedConnection connection = connect();
        for (int asked = 1; asked <= 40; asked++) {
            ids(4 * asked).forEach(this::read);
            time.pass(Duration.ofMillis(asked));
            connection.end(new QueryOutcome.Answered(
                    List.of(), 100, connection.lastQuery().size() - asked, IdMatch.INTEGER));
        }

        ids(100).forEach(this::read);
        time.endTurn();

        assertThat(connection.lastQuery()).hasSizeBetween(45, 51);
    }

    @Test
    void probe_answered_recoversTheStoreAndCountsAsNoBatch() {
        ScriptedConnection connection = connect();
        send("a");
        connection.end(new QueryOutcome.ErrorReply("may not read"));

        time.pass(Duration.ofSeconds(1));
        assertThat(connection.lastQuery()).isEmpty();
        connection.answerAll();

        assertThat(store.health().isDegraded()).isFalse();
        assertThat(observer.sent).containsExactly(1);
        assertThat(observer.ended).isEqualTo(1);
    }

    @Test
    void probe_noReply_isCancelledAsAnyQuery() {
        ScriptedConnection connection = connect();
        send("a");
        connection.end(new QueryOutcome.ErrorReply("may not read"));

        time.pass(Duration.ofSeconds(1));
        time.pass(BUDGET);

        assertThat(connection.cancels()).isEqualTo(1);
        assertThat(store.isKnownDown()).isTrue();
    }

    @Test
    void close_queryInFlight_isAnsweredBeforeItsConnectionCloses() {
        ScriptedConnection connection = connect();
        Future<ColdRead> read = send("a");

        Future<Void> closed = store.close();
        assertThat(connection.saidGoodbye()).isFalse();
        connection.answerAll();
        connection.closeByServer();

        assertThat(read.result()).isEqualTo(present("a"));
        assertThat(connection.saidGoodbye()).isTrue();
        assertThat(closed.succeeded()).isTrue();
    }

    private PostgresColdStore store(int maxConnections) {
        PoolSettings settings = new PoolSettings(maxConnections, Duration.ofSeconds(30), Duration.ZERO, Duration.ZERO);
        return new PostgresColdStore(postgres, settings, 1, new RequestBudget(BUDGET), time, observer);
    }

    /** One that may have two; the first is busy, and a second read waits. */
    private PostgresColdStore waitingForASecondConnection() {
        PostgresColdStore wide = store(2);
        wide.open();
        postgres.accept();
        wide.read(id("a"));
        time.endTurn();
        wide.read(id("b"));
        time.endTurn();
        return wide;
    }

    private ScriptedConnection connect() {
        store.open();
        ScriptedConnection connection = postgres.accept();
        time.endTurn();
        return connection;
    }

    private Future<ColdRead> read(String id) {
        return store.read(id(id));
    }

    /** A read in a turn of its own. */
    private Future<ColdRead> send(String id) {
        Future<ColdRead> read = read(id);
        time.endTurn();
        return read;
    }

    private void learnThatAnIdCostsAMillisecond(ScriptedConnection connection) {
        for (int ids = 1; ids <= 40; ids++) {
            ids(ids).forEach(this::read);
            time.pass(Duration.ofMillis(ids));
            connection.answerAll();
        }
    }

    private static List<String> ids(int number) {
        return IntStream.range(0, number).mapToObj(i -> "u" + i).toList();
    }

    private static UserId id(String id) {
        return (UserId) UserId.parse(id);
    }

    private static ColdRead present(String id) {
        return new ColdRead.Present(new User(id(id), "app://" + id, "promo " + id));
    }

    private static void assertFailed(Future<ColdRead> read, Failure why) {
        assertThat(read.failed()).isTrue();
        assertThat(read.cause()).isInstanceOf(StoreFailure.class).hasMessageContaining(why.name());
    }
}
