package dev.hotcold.changefeed.apply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.changefeed.pgoutput.PgOutput.Message;
import dev.hotcold.changefeed.pgoutput.PgOutput.Table;
import dev.hotcold.changefeed.pgoutput.PgOutputMessages;
import dev.hotcold.changefeed.pgoutput.UserRows;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.testkit.ManualBlockingTime;
import dev.hotcold.testkit.UsersTables;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** When a session counts a beat. */
class BeatsTest {

    private static final Duration SOME_TURNS = Duration.ofMillis(40);

    private final ManualBlockingTime time = new ManualBlockingTime();
    private final ScriptedLog log = new ScriptedLog(time);
    private final ScriptedSink sink = new ScriptedSink(time, new ArrayList<>());
    private final ScriptedSnapshots database = new ScriptedSnapshots();
    private final FeedSession session = new FeedSession(
            log,
            new UserRows(UsersTables.plain(16384)),
            database,
            sink,
            new StartPosition(new Lsn(0x100), new Lsn(0x200)),
            new ApplyListener() {
                @Override
                public void applied(int changes) {
                    // Nobody asks.
                }

                @Override
                public void flushed(long users, String why) {
                    // Nobody asks.
                }

                @Override
                public void lag(Duration lag) {
                    // Nobody asks.
                }
            },
            time);

    private final ScriptedTableCheck check = new ScriptedTableCheck();
    private boolean mayBeat = true;

    private void followFor(Duration duration) throws SQLException {
        Duration end = time.passed().plus(duration);
        session.follow(() -> time.passed().compareTo(end) < 0, check, () -> mayBeat);
    }

    @Test
    void logNotReceivedUpToItsEnd_noBeatAndPostgresIsAskedAgain() throws SQLException {
        database.endAt(new Lsn(0x500));
        log.receivedUpTo(new Lsn(0x4ff));

        followFor(SOME_TURNS);

        assertThat(sink.beats()).isZero();
        assertThat(log.statuses()).isBetween(2, 5);
        log.receivedUpTo(new Lsn(0x500));
        followFor(SOME_TURNS);
        assertThat(sink.beats()).isPositive();
    }

    @Test
    void notKnownThatNothingIsMissing_noBeatUntilItIs() throws SQLException {
        mayBeat = false;
        followFor(SOME_TURNS);
        assertThat(sink.beats()).isZero();

        mayBeat = true;
        followFor(SOME_TURNS);

        assertThat(sink.beats()).isPositive();
    }

    @Test
    void tableWasDescribedAndNotCheckedYet_noBeatUntilItIs() throws SQLException {
        check.settlesAtOnce(false);
        log.add(PgOutputMessages.amidOthers(PgOutputMessages.begin(new Message.Begin(0x300, 0, 7))));
        log.add(PgOutputMessages.amidOthers(PgOutputMessages.relation(
                16384,
                new Table(
                        16384,
                        "public",
                        "users",
                        List.of("user_id", "deeplink", "promo_message"),
                        Set.of("user_id")))));
        log.add(PgOutputMessages.amidOthers(PgOutputMessages.commit(0, 0x307, new Message.Commit(0x308), 0)));
        followFor(SOME_TURNS);
        assertThat(sink.beats()).isZero();

        check.settle();
        followFor(SOME_TURNS);

        assertThat(sink.beats()).isPositive();
    }

    /** It is not on disk, and nobody's commit brings it there. */
    @Test
    void logNotReceivedForLong_isFlushedOnceForEachQuestion() throws SQLException {
        database.endAt(new Lsn(0x500));
        log.receivedUpTo(new Lsn(0x4ff));

        followFor(Duration.ofSeconds(2));

        assertThat(database.flushes()).isEqualTo(1);
        assertThat(sink.beats()).isZero();
    }

    @Test
    void nothingHappens_aBeatForEachPeriod() throws SQLException {
        followFor(Beats.PERIOD.multipliedBy(10));

        assertThat(sink.beats()).isBetween(7, 10);
    }

    /** What was sent before the log's end was received may still be refused. */
    @Test
    void batchNotApplied_noBeat() throws SQLException {
        sink.holdReplies();
        log.receivedUpTo(new Lsn(0x300));
        followFor(Duration.ofSeconds(2));
        int before = sink.beats();

        followFor(Duration.ofSeconds(1));

        assertThat(sink.beats()).isEqualTo(before);
    }
}
