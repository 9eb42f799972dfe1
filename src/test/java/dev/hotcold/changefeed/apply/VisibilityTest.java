package dev.hotcold.changefeed.apply;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.ManualBlockingTime;
import java.sql.SQLException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** Changes wait until readers see their transaction, but not for ever. */
class VisibilityTest {

    private static final Duration NONE = Duration.ZERO;
    private static final Duration HOLD_OFF = Duration.ofMillis(250);

    private final ManualBlockingTime time = new ManualBlockingTime();
    private final ScriptedSnapshots snapshots = new ScriptedSnapshots();
    private final Visibility visibility = new Visibility(snapshots, time);
    private int keptAlive;

    private void beginUnseen(int transaction) {
        snapshots.hide(transaction);
        visibility.begin(transaction);
        visibility.changesUsers();
    }

    private Duration await() throws SQLException {
        return visibility.await(() -> keptAlive++);
    }

    @Test
    void await_transactionIsSeen_doesNotWait() throws SQLException {
        visibility.begin(7);
        visibility.changesUsers();

        assertThat(await()).isEqualTo(NONE);
        assertThat(time.passed()).isZero();
        assertThat(snapshots.taken()).isEqualTo(1);
    }

    @Test
    void await_transactionIsSeenLater_waitsForIt() throws SQLException {
        beginUnseen(7);
        time.after(Duration.ofMillis(5), () -> snapshots.show(7));

        assertThat(await()).isEqualTo(NONE);
        assertThat(time.passed()).isBetween(Duration.ofMillis(5), Duration.ofMillis(6));
        assertThat(keptAlive).isGreaterThan(10);
    }

    @Test
    void await_transactionStaysUnseen_timesOutWithAHoldOff() throws SQLException {
        beginUnseen(7);

        assertThat(await()).isEqualTo(HOLD_OFF);
        assertThat(time.passed()).isBetween(HOLD_OFF, HOLD_OFF.plusMillis(1));
        assertThat(visibility.takeUnseen()).containsExactly(7);
    }

    @Test
    void await_restOfATransactionThatTimedOut_doesNotWaitAgain() throws SQLException {
        beginUnseen(7);
        await();
        visibility.takeUnseen();
        Duration before = time.passed();
        visibility.changesUsers();

        assertThat(await()).isEqualTo(HOLD_OFF);
        assertThat(time.passed()).isEqualTo(before);
        assertThat(visibility.takeUnseen()).containsExactly(7);
    }

    @Test
    void await_restOfATransactionThatTimedOutAndIsSeenNow_needsNoHoldOff() throws SQLException {
        beginUnseen(7);
        await();
        visibility.takeUnseen();
        snapshots.show(7);
        visibility.changesUsers();

        assertThat(await()).isEqualTo(NONE);
    }

    @Test
    void await_nextTransactionAfterATimeout_waitsAgain() throws SQLException {
        beginUnseen(7);
        await();
        visibility.takeUnseen();
        Duration before = time.passed();
        beginUnseen(8);

        assertThat(await()).isEqualTo(HOLD_OFF);
        assertThat(time.passed().minus(before)).isGreaterThanOrEqualTo(HOLD_OFF);
    }

    /** A large transaction is many batches: one snapshot is enough for all of them. */
    @Test
    void await_restOfATransactionThatIsSeen_takesNoSnapshot() throws SQLException {
        visibility.begin(7);
        visibility.changesUsers();
        await();
        visibility.changesUsers();

        assertThat(await()).isEqualTo(NONE);
        assertThat(snapshots.taken()).isEqualTo(1);
    }

    @Test
    void await_severalTransactionsInOneBatch_waitsForAll() throws SQLException {
        beginUnseen(7);
        beginUnseen(8);
        time.after(Duration.ofMillis(5), () -> snapshots.show(8));
        time.after(Duration.ofMillis(9), () -> snapshots.show(7));

        assertThat(await()).isEqualTo(NONE);
        assertThat(time.passed()).isBetween(Duration.ofMillis(9), Duration.ofMillis(10));
    }

    @Test
    void await_transactionWithoutUsers_takesNoSnapshot() throws SQLException {
        snapshots.hide(7);
        visibility.begin(7);

        assertThat(await()).isEqualTo(NONE);
        assertThat(snapshots.taken()).isZero();
    }
}
