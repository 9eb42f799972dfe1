package dev.hotcold.hot.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.hot.layout.LeaseReply;
import dev.hotcold.hot.link.RedisHealth.Aspect;
import dev.hotcold.hot.link.RedisRequest.Kind;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.ScriptedRedis;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class RedisProberTest {

    private static final Duration TICK = Duration.ofSeconds(1);
    private static final Duration PAUSE = Duration.ofMillis(200);

    private final LinkRig rig = new LinkRig();
    private final ScriptedRedis redis = rig.redis;
    private final ManualTime time = rig.time;
    private final StoreHealth reads = rig.link.health().of(Aspect.READS);
    private final StoreHealth leases = rig.link.health().of(Aspect.LEASES);
    private final StoreHealth fills = rig.link.health().of(Aspect.FILLS);

    private void degradeAll() {
        reads.degraded("no reply in time");
        leases.degraded("no reply in time");
        fills.degraded("no reply in time");
    }

    private void answerLease(long number) {
        redis.replyAll(number);
        time.endTurn();
    }

    private void openBreaker() {
        for (int i = 0; i < 5; i++) {
            rig.send(Kind.READ);
            redis.replyError("ERR no");
        }
        reads.recovered();
        assertThat(rig.link.isUsable()).isFalse();
    }

    private void answerProbe() {
        assertThat(redis.unanswered().getFirst().getType()).isEqualTo(CommandType.MGET);
        redis.replyAll((Object) null);
        time.endTurn();
    }

    @Test
    void probe_nothingDegraded_asksNothing() {
        time.pass(TICK.multipliedBy(10));

        assertThat(redis.unanswered()).isEmpty();
    }

    @Test
    void probe_leaseGrantedAndUserStored_allRecover() {
        degradeAll();

        time.pass(TICK);
        answerLease(LeaseReply.GRANTED);
        assertThat(reads.reason()).isEmpty();
        assertThat(leases.reason()).isEmpty();
        assertThat(fills.reason()).isPresent();
        redis.replyNumber(1);

        assertThat(fills.reason()).isEmpty();
        assertThat(redis.unanswered()).isEmpty();
    }

    @Test
    void probe_leaseHeldByAnotherProbe_provesReadsOnlyAndIsRepeated() {
        degradeAll();

        time.pass(TICK);
        answerLease(LeaseReply.HELD);

        assertThat(reads.reason()).isEmpty();
        assertThat(leases.reason()).isPresent();
        assertThat(redis.unanswered()).isEmpty();
        time.pass(TICK);
        assertThat(redis.unanswered()).hasSize(1);
    }

    @Test
    void probe_leaseOverBeforeTheFill_provesNoFillAndIsRepeated() {
        fills.degraded("the connection broke");

        time.pass(TICK);
        answerLease(LeaseReply.GRANTED);
        redis.replyNumber(0);

        assertThat(fills.reason()).isPresent();
        assertThat(redis.unanswered()).isEmpty();
        time.pass(TICK);
        assertThat(redis.unanswered()).hasSize(1);
    }

    @Test
    void probe_repliesTooLateForLookups_stayDegraded() {
        degradeAll();

        time.pass(TICK);
        time.pass(LinkRig.REPLY_TIME);
        answerLease(LeaseReply.GRANTED);
        time.pass(LinkRig.FILL_TIME);
        redis.replyNumber(1);

        assertThat(leases.reason()).hasValue("no reply in time");
        assertThat(fills.reason()).hasValue("no reply in time");
        time.pass(TICK);
        assertThat(redis.unanswered()).hasSize(1);
    }

    @Test
    void probe_noReply_isNotFollowedByAnotherUntilTheConnectionBreaks() {
        leases.degraded("no reply in time");
        time.pass(TICK);

        time.pass(Duration.ofMinutes(1));
        assertThat(redis.unanswered()).hasSize(1);
        redis.take().cancel();
        time.pass(TICK);

        assertThat(redis.unanswered()).hasSize(1);
        assertThat(leases.reason()).hasValue("the connection broke");
    }

    @Test
    void probe_fillBreaks_isRepeated() {
        fills.degraded("no reply in time");
        time.pass(TICK);
        answerLease(LeaseReply.GRANTED);

        redis.take().completeExceptionally(new IllegalStateException("reset"));
        assertThat(fills.reason()).hasValue("the connection broke");
        time.pass(TICK);

        assertThat(redis.unanswered()).hasSize(1);
    }

    @Test
    void probe_error_isTheReason() {
        fills.degraded("no reply in time");
        time.pass(TICK);

        redis.replyError("OOM command not allowed");

        assertThat(leases.reason()).hasValue("replied with an error: OOM command not allowed");
        assertThat(fills.reason()).isPresent();
    }

    @Test
    void breakerOpen_threeReadsSucceed_closes() {
        openBreaker();

        time.pass(PAUSE);
        for (int i = 0; i < 3; i++) {
            assertThat(rig.link.isUsable()).isFalse();
            answerProbe();
        }

        assertThat(rig.link.isUsable()).isTrue();
        assertThat(redis.unanswered()).isEmpty();
    }

    @Test
    void breakerOpen_noReply_staysOpenAndProbesAgainOnceTheReplyIsNoLongerOwed() {
        openBreaker();

        for (int i = 0; i < 6; i++) {
            time.pass(Duration.ofMillis(400));
            assertThat(redis.unanswered()).hasSize(1);
            redis.take().cancel();
        }

        assertThat(rig.link.isUsable()).isFalse();
    }

    @Test
    void breakerOpen_notConnected_waitsUntilItIs() {
        openBreaker();
        redis.disconnect();
        time.pass(Duration.ofSeconds(10));
        assertThat(redis.unanswered()).isEmpty();

        redis.connect();
        time.pass(PAUSE);

        assertThat(redis.unanswered()).hasSize(1);
    }

    @Test
    void breakerOpen_lateReply_countsOnce() {
        openBreaker();
        time.pass(PAUSE);
        RedisCommand<byte[], byte[], ?> late = redis.take();
        time.pass(LinkRig.REPLY_TIME);

        late.complete();
        late.complete();
        late.complete();

        assertThat(rig.link.isUsable()).isFalse();
    }

    @Test
    void breakerOpen_noReplyAtAll_isOwed() {
        openBreaker();
        time.pass(PAUSE.plus(LinkRig.REPLY_TIME));
        assertThat(rig.link.canProbe()).isFalse();
        // No lookup waits for a probe, and a read of last resort may still be answered.
        assertThat(rig.link.isReachable()).isTrue();

        redis.take().cancel();

        assertThat(rig.link.canProbe()).isTrue();
    }
}
