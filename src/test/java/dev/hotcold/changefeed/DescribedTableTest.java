package dev.hotcold.changefeed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.blocking.BlockingTime;
import dev.hotcold.changefeed.slot.SlotMonitor;
import dev.hotcold.changefeed.slot.SlotProbe;
import dev.hotcold.changefeed.slot.SlotState;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class DescribedTableTest {

    private final Semaphore checks = new Semaphore(0);
    private volatile String found = "one";
    private final SlotMonitor monitor = new SlotMonitor(HeldProbe::new, _ -> {}, _ -> {}, BlockingTime.system());
    private final DescribedTable table = new DescribedTable(monitor, "one");

    /** Checks the table only as often as told. */
    private final class HeldProbe implements SlotProbe {

        @Override
        public Optional<SlotState> slotState() {
            return Optional.empty();
        }

        @Override
        public Optional<String> blockers() {
            return Optional.empty();
        }

        @Override
        public String tableFingerprint() {
            checks.acquireUninterruptibly();
            return found;
        }

        @Override
        public Optional<String> missingPrerequisite() {
            return Optional.empty();
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    @BeforeEach
    void start() {
        monitor.wake();
        monitor.watchTable(true);
        monitor.reset();
        monitor.start();
    }

    @AfterEach
    void stop() {
        monitor.close();
        checks.release(1000);
    }

    @Test
    void isSettled_noCheckHasEnded_isNot() {
        assertThat(table.isSettled(0)).isFalse();

        checks.release(1);

        await().until(() -> table.isSettled(0));
    }

    /** The check that waits has begun before. */
    @Test
    void ask_aCheckIsUnderWay_theNextOneSettles() {
        await().until(checks::hasQueuedThreads);
        int number = table.ask();

        checks.release(1);
        await().until(() -> table.isSettled(0));
        assertThat(table.isSettled(number)).isFalse();
        checks.release(1);

        await().until(() -> table.isSettled(number));
    }

    @Test
    void ask_tableIsAnother_neverSettles() {
        checks.release(1);
        await().until(() -> table.isSettled(0));
        found = "another";

        int number = table.ask();
        checks.release(100);

        await().until(() -> monitor.checkedTable(number).isPresent());
        assertThat(table.isSettled(number)).isFalse();
        assertThat(table.isSettled(0)).isFalse();
    }
}
