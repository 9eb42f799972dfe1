package dev.hotcold.hot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.loop.StoreHealth;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.SilentObserver;
import io.lettuce.core.protocol.RedisCommand;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class RedisBreakerTest {

    private static final Duration REPLY_TIME = Duration.ofMillis(100);
    private static final Duration QUICK = Duration.ofMillis(1);
    private static final Duration SLOW = Duration.ofMillis(60);

    private final ManualTime time = new ManualTime();
    private final StoreHealth health = new StoreHealth("Redis (test)");
    private final Deque<RedisCommand<byte[], byte[], ?>> probes = new ArrayDeque<>();
    private boolean reachable = true;
    private final RedisBreaker breaker =
            new RedisBreaker(health, new SilentObserver(), time, REPLY_TIME, () -> reachable, probes::add);

    @Test
    void failed_fewBatches_staysClosed() {
        for (int i = 0; i < 4; i++) {
            fail();
        }

        assertThat(breaker.isClosed()).isTrue();
    }

    @Test
    void failed_half_opensAndSaysSo() {
        failHalf();

        assertThat(breaker.isClosed()).isFalse();
        assertThat(health.reason())
                .hasValueSatisfying(problem -> assertThat(problem).contains("50 ms"));
    }

    @Test
    void answered_nearlyAllSlow_opens() {
        for (int i = 0; i < 5; i++) {
            answerAfter(SLOW);
        }

        assertThat(breaker.isClosed()).isFalse();
    }

    @Test
    void answered_slowForAMomentAmongMany_staysClosed() {
        for (int i = 0; i < 100; i++) {
            answerAfter(QUICK);
        }
        time.pass(Duration.ofSeconds(1));
        List<RedisBreaker.Sending> batches =
                Stream.generate(breaker::sent).limit(50).toList();
        time.pass(SLOW);
        batches.forEach(breaker::answered);

        assertThat(breaker.isClosed()).isTrue();
    }

    @Test
    void probe_threeDoWell_closes() {
        failHalf();

        time.pass(Duration.ofMillis(200));
        for (int i = 0; i < 3; i++) {
            assertThat(breaker.isClosed()).isFalse();
            probes.remove().complete();
        }

        assertThat(breaker.isClosed()).isTrue();
        assertThat(health.reason()).isEmpty();
        assertThat(probes).isEmpty();
    }

    @Test
    void probe_noReply_staysOpenAndProbesAgain() {
        failHalf();

        for (int i = 0; i < 6; i++) {
            time.pass(Duration.ofMillis(400));
            assertThat(probes).hasSize(1);
            probes.remove().cancel();
        }

        assertThat(breaker.isClosed()).isFalse();
    }

    @Test
    void probe_notReachable_waitsUntilItIs() {
        failHalf();
        reachable = false;
        time.pass(Duration.ofSeconds(10));
        assertThat(probes).isEmpty();

        reachable = true;
        time.pass(Duration.ofMillis(200));

        assertThat(probes).hasSize(1);
    }

    @Test
    void probe_lateReply_countsOnce() {
        failHalf();
        time.pass(Duration.ofMillis(200));
        RedisCommand<byte[], byte[], ?> late = probes.remove();
        time.pass(REPLY_TIME);

        late.complete();
        late.complete();
        late.complete();

        assertThat(breaker.isClosed()).isFalse();
    }

    @Test
    void failed_loopWasLate_countsNothing() {
        for (int i = 0; i < 20; i++) {
            RedisBreaker.Sending batch = breaker.sent();
            time.jump(REPLY_TIME);
            breaker.failed(batch);
            time.pass(Duration.ofMillis(20));
        }

        assertThat(breaker.isClosed()).isTrue();
    }

    @Test
    void answered_loopWasLate_isNotSlow() {
        for (int i = 0; i < 20; i++) {
            RedisBreaker.Sending batch = breaker.sent();
            time.jump(SLOW.plusMillis(20));
            breaker.answered(batch);
            time.pass(Duration.ofMillis(20));
        }

        assertThat(breaker.isClosed()).isTrue();
    }

    @Test
    void failed_longAgo_countsNoMore() {
        for (int i = 0; i < 4; i++) {
            fail();
        }
        time.pass(Duration.ofSeconds(3));

        fail();

        assertThat(breaker.isClosed()).isTrue();
    }

    @Test
    void answered_whileOpen_countsOnlyProbes() {
        RedisBreaker.Sending early = breaker.sent();
        failHalf();
        time.pass(Duration.ofMillis(200));
        for (int i = 0; i < 5; i++) {
            breaker.answered(early);
        }

        assertThat(breaker.isClosed()).isFalse();
    }

    @Test
    void probe_noReplyAtAll_isOwed() {
        failHalf();
        time.pass(Duration.ofMillis(200).plus(REPLY_TIME));
        assertThat(breaker.isOwedReply()).isTrue();

        probes.remove().cancel();

        assertThat(breaker.isOwedReply()).isFalse();
    }

    private void answerAfter(Duration duration) {
        RedisBreaker.Sending batch = breaker.sent();
        time.pass(duration);
        breaker.answered(batch);
    }

    private void fail() {
        breaker.failed(breaker.sent());
    }

    private void failHalf() {
        for (int i = 0; i < 5; i++) {
            answerAfter(QUICK);
            fail();
        }
    }
}
