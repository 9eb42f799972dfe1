package dev.hotcold.changefeed.slot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.changefeed.slot.SlotState.Phase;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.testkit.ManualBlockingTime;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class SlotMonitorTest {

    private static final SlotState SLOT = new SlotState(Phase.FOLLOWED, new Lsn(0x10), 42);
    private final SQLException away = new SQLException("connection refused", "08001");

    private final ManualBlockingTime time = new ManualBlockingTime();
    private Optional<SlotState> slot = Optional.of(SLOT);
    private Optional<String> missing = Optional.empty();
    private @Nullable SQLException failure;
    private @Nullable SQLException prerequisiteFailure;

    /** While the connections that are open work. */
    private @Nullable SQLException refusal;

    private int connected;
    private int closed;
    private Runnable amidACheck = () -> {};
    private Runnable amidTheTable = () -> {};
    private double lagBytes = -1;
    private String table = "one";
    private final List<String> said = new ArrayList<>();
    private final SlotMonitor monitor = new SlotMonitor(this::connect, bytes -> lagBytes = bytes, said::add, time);

    private SlotProbe connect() throws SQLException {
        failIfAway(failure);
        failIfAway(refusal);
        connected++;
        return new SlotProbe() {
            @Override
            public Optional<SlotState> slotState() throws SQLException {
                failIfAway(failure);
                Runnable meanwhile = amidACheck;
                amidACheck = () -> {};
                meanwhile.run();
                return slot;
            }

            @Override
            public Optional<String> blockers() {
                return Optional.of("the process 7");
            }

            @Override
            public String tableFingerprint() {
                Runnable meanwhile = amidTheTable;
                amidTheTable = () -> {};
                meanwhile.run();
                return table;
            }

            @Override
            public Optional<String> missingPrerequisite() throws SQLException {
                failIfAway(prerequisiteFailure);
                return missing;
            }

            @Override
            public void close() {
                closed++;
            }
        };
    }

    /** A standby asks PostgreSQL for nothing by it, and an owner does not take the time of rest for silence. */
    @Test
    void rest_closesTheConnections_untilItIsWoken() {
        monitor.checkUnlessResting();
        assertThat(connected).isZero();

        monitor.wake();
        monitor.checkUnlessResting();
        assertThat(connected).isEqualTo(1);
        assertThat(lagBytes).isEqualTo(42);

        monitor.rest();
        monitor.checkUnlessResting();
        monitor.checkUnlessResting();
        assertThat(closed).isEqualTo(1);
        time.pause(Duration.ofMinutes(1));
        assertThat(monitor.isResponsive()).isFalse();

        monitor.wake();
        assertThat(monitor.isResponsive()).isTrue();
        monitor.checkUnlessResting();
        assertThat(connected).isEqualTo(2);
    }

    private static void failIfAway(@Nullable SQLException failure) throws SQLException {
        if (failure != null) {
            throw failure;
        }
    }

    private void check(int times) {
        for (int i = 0; i < times; i++) {
            time.pause(Duration.ofMillis(500));
            monitor.check();
        }
    }

    @Test
    void check_slot_isKnownWithItsLag() {
        assertThat(monitor.slot()).isEmpty();

        check(2);

        assertThat(monitor.slot()).contains(SLOT);
        assertThat(lagBytes).isEqualTo(42);
        assertThat(connected).isEqualTo(1);
    }

    /** So that a session can be ended within a second of it. */
    @Test
    void check_anotherTable_isKnownAtTheNextCheck() {
        check(1);
        assertThat(monitor.tableFingerprint()).isEmpty();
        monitor.watchTable(true);
        check(1);
        assertThat(monitor.tableFingerprint()).contains("one");
        table = "another";

        check(1);

        assertThat(monitor.tableFingerprint()).contains("another");
    }

    @Test
    void askTable_isNotCheckedUntilACheckHasBegunAfterIt() {
        monitor.watchTable(true);
        check(1);
        assertThat(monitor.checkedTable(0)).contains("one");

        int first = monitor.askTable();
        assertThat(monitor.checkedTable(first)).isEmpty();
        check(1);
        assertThat(monitor.checkedTable(first)).contains("one");

        table = "another";
        int[] second = new int[1];
        amidTheTable = () -> second[0] = monitor.askTable();
        check(1);
        assertThat(monitor.checkedTable(first)).contains("another");
        assertThat(monitor.checkedTable(second[0])).isEmpty();
        check(1);
        assertThat(monitor.checkedTable(second[0])).contains("another");

        monitor.reset();
        assertThat(monitor.checkedTable(0)).isEmpty();
    }

    @Test
    void check_slotIsBeingCreated_saysWhomThatWaitsFor() {
        slot = Optional.of(new SlotState(SlotState.Phase.CREATING, new Lsn(0), 0));

        check(1);

        assertThat(said)
                .containsExactly("the replication slot is being created, and waits for the end of open transactions:"
                        + " the process 7");
    }

    @Test
    void check_slotIsGone_lagIsNotKnown() {
        check(1);
        slot = Optional.empty();

        check(1);

        assertThat(monitor.slot()).isEmpty();
        assertThat(lagBytes).isNaN();
    }

    @Test
    void check_failure_closesTheConnectionAndOpensAnother() {
        check(1);
        failure = away;
        check(1);
        assertThat(closed).isEqualTo(1);
        assertThat(lagBytes).isNaN();
        failure = null;

        check(1);

        assertThat(connected).isEqualTo(2);
        assertThat(lagBytes).isEqualTo(42);
    }

    @Test
    void isResponsive_noAnswerForFiveSeconds_isNot() {
        monitor.check();
        failure = away;

        time.pause(Duration.ofMillis(4999));
        monitor.check();
        assertThat(monitor.isResponsive()).isTrue();
        time.pause(Duration.ofMillis(1));
        assertThat(monitor.isResponsive()).isFalse();

        failure = null;
        monitor.check();
        assertThat(monitor.isResponsive()).isTrue();
    }

    @Test
    void check_prerequisiteGoesMissing_isNoticedWithinTenSeconds() {
        missing = Optional.of("the publication is gone");

        check(19);
        assertThat(monitor.missingPrerequisite()).isEmpty();
        check(1);

        assertThat(monitor.missingPrerequisite()).contains("the publication is gone");
    }

    /** What ALTER ROLE sets is set for new sessions only. */
    @Test
    void check_prerequisitesWereChecked_nextCheckIsByANewConnection() {
        check(21);

        assertThat(closed).isEqualTo(1);
    }

    @Test
    void check_noOtherConnectionCanBeHad_goesOnWithTheOldOne() {
        check(20);
        refusal = new SQLException("too many connections for role", "53300");

        check(1);

        assertThat(closed).isZero();
        assertThat(monitor.isResponsive()).isTrue();
        assertThat(lagBytes).isEqualTo(42);
    }

    @Test
    void check_tableIsLocked_keepsFindingAndConnection() {
        missing = Optional.of("the publication is gone");
        check(21);
        int closedBefore = closed;
        prerequisiteFailure = new SQLException("canceling statement due to user request", "57014");

        check(20);

        assertThat(monitor.missingPrerequisite()).isPresent();
        assertThat(closed).isEqualTo(closedBefore);
        assertThat(lagBytes).isEqualTo(42);
    }

    /** A session that has just begun proves nothing before. */
    @Test
    void reset_prerequisites_areCheckedNextAndTheTableToo() {
        monitor.reset();
        monitor.watchTable(true);
        assertThat(monitor.isNothingMissing()).isFalse();

        check(1);
        assertThat(monitor.isNothingMissing()).isTrue();

        missing = Optional.of("the publication is gone");
        monitor.reset();
        assertThat(monitor.isNothingMissing()).isFalse();
        check(1);
        assertThat(monitor.isNothingMissing()).isFalse();
        assertThat(monitor.missingPrerequisite()).isPresent();
    }

    /** A session that begins while a check is under way must not take its findings for its own. */
    @Test
    void reset_whileACheckIsUnderWay_itsFindingsAreDropped() {
        monitor.watchTable(true);
        monitor.reset();
        amidACheck = monitor::reset;

        check(1);

        assertThat(monitor.isNothingMissing()).isFalse();
        assertThat(monitor.tableFingerprint()).isEmpty();
        assertThat(monitor.slot()).isEmpty();
        check(1);
        assertThat(monitor.isNothingMissing()).isTrue();
    }

    @Test
    void reset_tableIsLocked_prerequisitesAreCheckedAsSoonAsTheyCan() {
        monitor.watchTable(true);
        monitor.reset();
        prerequisiteFailure = new SQLException("canceling statement due to user request", "57014");
        check(2);
        assertThat(monitor.isNothingMissing()).isFalse();
        prerequisiteFailure = null;

        check(1);

        assertThat(monitor.isNothingMissing()).isTrue();
    }

    @Test
    void reset_findings_areDropped() {
        missing = Optional.of("the publication is gone");
        check(20);

        monitor.reset();

        assertThat(monitor.slot()).isEmpty();
        assertThat(monitor.missingPrerequisite()).isEmpty();
    }
}
