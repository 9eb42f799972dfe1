package dev.hotcold.changefeed.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hotcold.changefeed.pgoutput.PgOutput.Message;
import dev.hotcold.changefeed.pgoutput.PgOutput.Row;
import dev.hotcold.changefeed.pgoutput.PgOutput.Table;
import dev.hotcold.changefeed.pgoutput.PgOutputMessages;
import dev.hotcold.changefeed.pgoutput.UserRows;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.testkit.ManualBlockingTime;
import dev.hotcold.testkit.UsersTables;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** From the messages of the log to the batches that the hot store gets. */
class FeedSessionTest {

    private static final int ID = 16384;
    private static final Table USERS =
            new Table(ID, "public", "users", List.of("user_id", "deeplink", "promo_message"), Set.of("user_id"));
    private static final Lsn ACKNOWLEDGED = new Lsn(0x100);
    private static final Lsn END_OF_LOG = new Lsn(0x200);
    private static final int AFTER_START = 0x300;
    private static final Duration SOME_TURNS = Duration.ofMillis(15);

    private final ManualBlockingTime time = new ManualBlockingTime();
    private final ScriptedLog log = new ScriptedLog(time);
    private final ScriptedTableCheck check = new ScriptedTableCheck();
    private final List<String> diary = new ArrayList<>();
    private final ScriptedSink sink = new ScriptedSink(time, diary);
    private final ScriptedSnapshots snapshots = new ScriptedSnapshots();
    private final List<Duration> lags = new ArrayList<>();
    private final FeedSession session = new FeedSession(
            log,
            new UserRows(UsersTables.plain(ID)),
            snapshots,
            sink,
            new StartPosition(ACKNOWLEDGED, END_OF_LOG),
            new ApplyListener() {
                @Override
                public void applied(int changes) {
                    // The pipeline's tests look at it.
                }

                @Override
                public void flushed(long users, String why) {
                    // The pipeline's tests look at it.
                }

                @Override
                public void lag(Duration lag) {
                    lags.add(lag);
                }
            },
            time);

    @BeforeEach
    void describeTheTable() {
        log.add(PgOutputMessages.amidOthers(PgOutputMessages.relation(ID, USERS)));
    }

    private void begin(long position) {
        Instant epoch = Instant.parse("2000-01-01T00:00:00Z");
        long committedAt = ChronoUnit.MICROS.between(epoch, time.now());
        log.add(PgOutputMessages.amidOthers(PgOutputMessages.begin(new Message.Begin(position, committedAt, 7))));
    }

    private void insert(String id, String deeplink) {
        Row row = new Row(USERS, List.of(id, deeplink, "p"));
        log.add(PgOutputMessages.amidOthers(PgOutputMessages.insert(ID, row)));
    }

    private void commit(long end) {
        log.add(PgOutputMessages.amidOthers(PgOutputMessages.commit(0, end - 1, new Message.Commit(end), 0)));
    }

    private void followFor(Duration duration) throws SQLException {
        Duration end = time.passed().plus(duration);
        session.follow(() -> time.passed().compareTo(end) < 0, check, () -> true);
    }

    @Test
    void follow_transaction_isOneBatchWithItsEnd() throws SQLException {
        begin(AFTER_START);
        insert("a", "d");
        insert("b", "d");
        commit(AFTER_START + 8);

        followFor(SOME_TURNS);

        assertThat(diary).singleElement().asString().endsWith("apply [+a +b] refresh to 0/308");
        assertThat(log.acknowledged()).containsExactly(new Lsn(AFTER_START + 8));
    }

    /** Another session may have applied it, and later changes too. */
    @Test
    void follow_transactionFromBeforeTheStart_onlyRemoves() throws SQLException {
        begin(END_OF_LOG.value());
        insert("a", "d");
        commit(END_OF_LOG.value() + 8);
        begin(AFTER_START);
        insert("b", "d");
        commit(AFTER_START + 8);

        followFor(SOME_TURNS);

        assertThat(diary)
                .satisfiesExactly(
                        old -> assertThat(old).endsWith("apply [+a] to 0/208"),
                        fresh -> assertThat(fresh).endsWith("apply [+b] refresh to 0/308"));
    }

    @Test
    void follow_largeTransaction_isBatchesOfFiftyOfWhichTheLastHasThePosition() throws SQLException {
        begin(AFTER_START);
        for (int i = 0; i < 120; i++) {
            insert("u" + i, "d");
        }
        commit(AFTER_START + 8);

        followFor(SOME_TURNS);

        assertThat(diary)
                .satisfiesExactly(
                        first -> assertThat(first).contains("+u0 ", "+u49]").endsWith("] refresh"),
                        second -> assertThat(second).contains("+u50 ", "+u99]").endsWith("] refresh"),
                        last -> assertThat(last).contains("+u100 ", "+u119]").endsWith("] refresh to 0/308"));
        assertThat(log.acknowledged()).containsExactly(new Lsn(AFTER_START + 8));
    }

    @Test
    void follow_longTexts_makeABatchFull() throws SQLException {
        begin(AFTER_START);
        insert("a", "x".repeat(1 << 17));
        insert("b", "d");
        commit(AFTER_START + 8);

        followFor(SOME_TURNS);

        assertThat(diary)
                .satisfiesExactly(
                        full -> assertThat(full).endsWith("apply [+a] refresh"),
                        rest -> assertThat(rest).endsWith("apply [+b] refresh to 0/308"));
    }

    @Test
    void follow_truncation_flushesBehindWhatCameBefore() throws SQLException {
        begin(AFTER_START);
        insert("a", "d");
        log.add(PgOutputMessages.amidOthers(PgOutputMessages.truncate(0, ID)));
        insert("b", "d");
        commit(AFTER_START + 8);

        followFor(SOME_TURNS);

        assertThat(diary)
                .satisfiesExactly(
                        before -> assertThat(before).endsWith("apply [+a] refresh"),
                        flush -> assertThat(flush).endsWith("flush"),
                        after -> assertThat(after).endsWith("apply [+b] refresh to 0/308"));
    }

    @Test
    void follow_nothingHappens_checksTheHotStoreOnceASecond() throws SQLException {
        log.receivedUpTo(new Lsn(0x500));

        followFor(Duration.ofMillis(2500));

        assertThat(diary)
                .satisfiesExactly(
                        first -> assertThat(first).startsWith("10").endsWith("apply [] to 0/500"),
                        second -> assertThat(second).startsWith("20").endsWith("apply []"));
        assertThat(log.acknowledged()).containsExactly(new Lsn(0x500));
        assertThat(log.statuses()).isBetween(4, 5);
        assertThat(log.polls()).as("a quiet log is polled less often").isBetween(150, 300);
    }

    @Test
    void follow_openTransaction_isNoTimeToCheckTheHotStore() throws SQLException {
        begin(AFTER_START);
        insert("a", "d");

        followFor(Duration.ofMillis(2500));

        assertThat(diary).singleElement().asString().endsWith("apply [+a] refresh");
        assertThat(log.acknowledged()).isEmpty();
        assertThat(lags.getLast()).isBetween(Duration.ofMillis(2400), Duration.ofMillis(2600));
    }

    @Test
    void follow_allApplied_lagIsZero() throws SQLException {
        begin(AFTER_START);
        insert("a", "d");
        commit(AFTER_START + 8);

        followFor(SOME_TURNS);

        assertThat(lags.getLast()).isZero();
    }

    /** Of another table, what the log holds in place of the user may be anything. */
    @Test
    void follow_tableWasDescribedAndNotCheckedYet_onlyRemoves() throws SQLException {
        check.settlesAtOnce(false);
        begin(AFTER_START);
        insert("a", "d");
        commit(AFTER_START + 8);
        followFor(SOME_TURNS);
        check.settle();
        begin(AFTER_START + 8);
        insert("b", "d");
        commit(AFTER_START + 16);

        followFor(SOME_TURNS);

        assertThat(diary).hasSize(2);
        assertThat(diary.get(0)).endsWith("apply [-a] refresh to 0/308");
        assertThat(diary.get(1)).endsWith("apply [+b] refresh to 0/310");
    }

    /** A transaction over a thousand partitions describes each, and the catalog is asked once. */
    @Test
    void follow_manyTablesAreDescribedAtOnce_oneCheckIsAskedFor() throws SQLException {
        followFor(SOME_TURNS);
        int before = check.asked();
        begin(AFTER_START);
        for (int i = 1; i <= 1000; i++) {
            log.add(PgOutputMessages.amidOthers(PgOutputMessages.relation(ID + i, USERS)));
        }
        insert("a", "d");
        commit(AFTER_START + 8);

        followFor(SOME_TURNS);

        assertThat(check.asked()).isEqualTo(before + 1);
        assertThat(diary).hasSize(1);
    }

    /** Before that, a check would see the table as it was. */
    @Test
    void follow_readersDoNotSeeYetWhatWasDescribed_checkIsAskedForWhenTheyDo() throws SQLException {
        followFor(SOME_TURNS);
        int before = snapshots.taken();
        List<Integer> looks = new ArrayList<>();
        check.onAsk(() -> looks.add(snapshots.taken() - before));
        snapshots.hideFor(10, 7);
        begin(AFTER_START);
        describeTheTable();
        commit(AFTER_START + 8);

        followFor(Duration.ofMillis(100));

        assertThat(looks).containsExactly(11);
    }

    /** Rows that were read before the description are of the same batch. */
    @Test
    void follow_tableIsDescribedAmidATransaction_removesAllThatWasNotSent() throws SQLException {
        followFor(SOME_TURNS);
        check.settlesAtOnce(false);
        begin(AFTER_START);
        insert("a", "d");
        describeTheTable();
        insert("b", "d");
        commit(AFTER_START + 8);

        followFor(SOME_TURNS);

        assertThat(diary).singleElement().asString().endsWith("apply [-a -b] refresh to 0/308");
    }

    /** A poll returns within a millisecond, but for a message whose rest does not come. */
    @Test
    void follow_messageStopsHalfWay_fails() {
        log.stallFor(Duration.ofSeconds(10));
        begin(AFTER_START);

        assertThatThrownBy(() -> followFor(Duration.ofSeconds(60)))
                .isInstanceOf(SQLException.class)
                .hasMessageContaining("stopped half-way");

        assertThat(time.passed()).isLessThan(Duration.ofSeconds(21));
    }
}
