package dev.hotcold.cold;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.SilentObserver;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class ColdQueueTest {

    private static final Duration PATIENCE = Duration.ofMillis(100);
    private static final Duration BUDGET = Duration.ofMillis(300);

    private final ManualTime time = new ManualTime();
    private final ColdQueue queue = new ColdQueue(2, PATIENCE, BUDGET, new SilentObserver(), time);

    @Test
    void add_noPlace_isRefused() {
        add("a");
        add("b");

        assertThat(queue.add((UserId) UserId.parse("c"))).isNull();
    }

    @Test
    void add_placeWasMade_waits() {
        add("a");
        add("b");
        queue.take(1);

        assertThat(queue.add((UserId) UserId.parse("c"))).isNotNull();
    }

    @Test
    void wait_othersServedMeanwhile_isRefusedAfterThePatience() {
        Future<ColdRead> read = add("a");
        time.pass(Duration.ofMillis(1));
        queue.served();

        time.pass(PATIENCE.minusMillis(2));
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
    void served_afterThePatience_refusesAtOnceThoseWhoHaveLostTheirs() {
        Future<ColdRead> impatient = add("a");
        time.pass(PATIENCE);
        Future<ColdRead> patient = add("b");

        queue.served();

        assertThat(impatient.result()).isEqualTo(ColdRead.Refused.REFUSED);
        assertThat(patient.isComplete()).isFalse();
        assertThat(queue.size()).isEqualTo(1);
    }

    @Test
    void take_beforeThePatienceEnds_isNeitherRefusedNorFailed() {
        Future<ColdRead> read = add("a");
        queue.take(1);
        queue.served();

        time.pass(BUDGET);

        assertThat(read.isComplete()).isFalse();
    }

    private Future<ColdRead> add(String id) {
        return Objects.requireNonNull(queue.add((UserId) UserId.parse(id)));
    }
}
