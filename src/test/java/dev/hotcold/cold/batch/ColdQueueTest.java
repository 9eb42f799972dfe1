package dev.hotcold.cold.batch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.SilentObserver;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ColdQueueTest {

    private static final Duration BUDGET = Duration.ofMillis(300);

    /** How long a read waits while others are served: a third of the budget. */
    private static final Duration WAIT = Duration.ofMillis(100);

    private final ManualTime time = new ManualTime();
    private final ColdQueue queue =
            new ColdQueue(2, new RequestBudget(BUDGET), new SilentObserver(), new StoreHealth("PostgreSQL"), time);

    @Test
    void add_queueFull_isRefused() {
        add("a");
        add("b");

        Future<ColdRead> read = add("c");

        assertThat(read.result()).isEqualTo(ColdRead.Refused.REFUSED);
        assertThat(queue.size()).isEqualTo(2);
    }

    @Test
    void add_roomWasMade_waits() {
        add("a");
        add("b");
        queue.take(1);

        Future<ColdRead> read = add("c");

        assertThat(read.isComplete()).isFalse();
        assertThat(queue.size()).isEqualTo(2);
    }

    @Test
    void wait_othersServedMeanwhile_isRefusedAfterAThirdOfTheBudget() {
        Future<ColdRead> read = add("a");
        time.pass(Duration.ofMillis(1));
        queue.served();

        time.pass(WAIT.minusMillis(2));
        assertThat(read.isComplete()).isFalse();
        time.pass(Duration.ofMillis(1));

        assertThat(read.result()).isEqualTo(ColdRead.Refused.REFUSED);
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void wait_noneServed_failsAfterTheBudget() {
        queue.served();
        time.pass(Duration.ofMillis(1));
        Future<ColdRead> read = add("a");

        time.pass(BUDGET.minusNanos(1));
        assertThat(read.isComplete()).isFalse();
        time.pass(Duration.ofNanos(1));

        assertThat(read.cause()).isInstanceOf(StoreFailure.class).hasMessageContaining(Failure.TIMEOUT.name());
        assertThat(queue.isEmpty()).isTrue();
    }

    @Test
    void served_someHaveWaitedTooLong_areRefusedAtOnceAndTheOthersAreNot() {
        Future<ColdRead> late = add("a");
        time.pass(WAIT);
        Future<ColdRead> fresh = add("b");

        queue.served();

        assertThat(late.result()).isEqualTo(ColdRead.Refused.REFUSED);
        assertThat(fresh.isComplete()).isFalse();
        assertThat(queue.size()).isEqualTo(1);
    }

    @Test
    void take_inTime_isNeitherRefusedNorFailedLater() {
        Future<ColdRead> read = add("a");
        queue.take(1);
        queue.served();

        time.pass(BUDGET);

        assertThat(read.isComplete()).isFalse();
    }

    private Future<ColdRead> add(String id) {
        return queue.add((UserId) UserId.parse(id));
    }
}
