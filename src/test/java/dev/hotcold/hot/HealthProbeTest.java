package dev.hotcold.hot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.loop.StoreHealth;
import dev.hotcold.testkit.ManualTime;
import io.lettuce.core.protocol.RedisCommand;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class HealthProbeTest {

    private static final Duration REPLY_TIME = Duration.ofMillis(100);
    private static final Duration FILL_TIME = Duration.ofMillis(20);

    private final ManualTime time = new ManualTime();
    private final StoreHealth reads = new StoreHealth("Redis (test)");
    private final StoreHealth leases = new StoreHealth("Redis (leases, test)");
    private final StoreHealth fills = new StoreHealth("Redis (fills, test)");
    private final Deque<RedisCommand<byte[], byte[], ?>> sent = new ArrayDeque<>();
    private final HealthProbe probe =
            new HealthProbe(reads, leases, fills, time, Duration.ofMillis(300), REPLY_TIME, FILL_TIME, sent::add);

    @Test
    void probe_nothingAils_asksNothing() {
        probe.probe();

        assertThat(sent).isEmpty();
    }

    @Test
    void probe_leaseGrantedAndUserStored_allAreWell() {
        ailAll();

        probe.probe();
        answer(LeaseReply.GRANTED);
        assertThat(reads.reason()).isEmpty();
        assertThat(leases.reason()).isEmpty();
        assertThat(fills.reason()).isPresent();
        answer(1);

        assertThat(fills.reason()).isEmpty();
        assertThat(sent).isEmpty();
    }

    @Test
    void probe_leaseHeldByAnotherProbe_provesReadsOnlyAndIsRepeated() {
        ailAll();

        probe.probe();
        answer(LeaseReply.HELD);

        assertThat(reads.reason()).isEmpty();
        assertThat(leases.reason()).isPresent();
        assertThat(sent).isEmpty();
        probe.probe();
        assertThat(sent).hasSize(1);
    }

    @Test
    void probe_leaseOverBeforeTheFill_provesNoFill() {
        fills.degraded("the connection broke");

        probe.probe();
        answer(LeaseReply.GRANTED);
        answer(0);

        assertThat(fills.reason()).isPresent();
    }

    @Test
    void probe_repliesTooLateForLookups_areNotWell() {
        ailAll();

        probe.probe();
        time.pass(REPLY_TIME);
        answer(LeaseReply.GRANTED);
        time.pass(FILL_TIME);
        answer(1);

        assertThat(leases.reason()).hasValue("no reply in time");
        assertThat(fills.reason()).hasValue("no reply in time");
    }

    @Test
    void probe_noReply_isNotFollowedByAnotherUntilTheConnectionBreaks() {
        leases.degraded("no reply in time");
        probe.probe();
        time.pass(Duration.ofMinutes(1));

        probe.probe();
        assertThat(sent).hasSize(1);
        sent.remove().cancel();
        probe.probe();

        assertThat(sent).hasSize(1);
        assertThat(leases.reason()).hasValue("the connection broke");
    }

    @Test
    void probe_fillBreaks_isRepeated() {
        fills.degraded("no reply in time");
        probe.probe();
        answer(LeaseReply.GRANTED);

        sent.remove().completeExceptionally(new IllegalStateException("reset"));
        probe.probe();

        assertThat(fills.reason()).hasValue("the connection broke");
        assertThat(sent).hasSize(1);
    }

    @Test
    void probe_error_isWhatAils() {
        fills.degraded("no reply in time");
        probe.probe();

        RedisCommand<byte[], byte[], ?> command = sent.remove();
        command.getOutput().setError("OOM command not allowed");
        command.complete();

        assertThat(leases.reason()).hasValue("replies by an error: OOM command not allowed");
        assertThat(fills.reason()).isPresent();
    }

    private void ailAll() {
        reads.degraded("no reply in time");
        leases.degraded("no reply in time");
        fills.degraded("no reply in time");
    }

    private void answer(long number) {
        RedisCommand<byte[], byte[], ?> command = sent.remove();
        command.getOutput().set(number);
        command.complete();
    }
}
