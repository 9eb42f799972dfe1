package dev.hotcold.hot.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.loop.StoreHealth;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.SilentObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class CircuitBreakerTest {

    private static final Duration REPLY_TIME = Duration.ofMillis(100);
    private static final Duration QUICK = Duration.ofMillis(1);
    private static final Duration SLOW = Duration.ofMillis(60);

    private final ManualTime time = new ManualTime();
    private final StoreHealth health = new StoreHealth("Redis (test)");
    private final List<Integer> breakersOpen = new ArrayList<>();
    private int openings;
    private final CircuitBreaker breaker = new CircuitBreaker(
            time,
            new LoopLag(time),
            health,
            new SilentObserver() {
                @Override
                public void hotBreakers(int change) {
                    breakersOpen.add(change);
                }
            },
            REPLY_TIME,
            () -> openings++);

    private void succeedAfter(Duration duration) {
        CircuitBreaker.Sent request = breaker.sent();
        time.pass(duration);
        breaker.succeeded(request);
    }

    private void fail() {
        breaker.failed(breaker.sent());
    }

    private void failAfter(Duration duration) {
        CircuitBreaker.Sent request = breaker.sent();
        time.pass(duration);
        breaker.failed(request);
    }

    private void failHalf() {
        for (int i = 0; i < 5; i++) {
            succeedAfter(QUICK);
            fail();
        }
    }

    private boolean probe(boolean isFailure) {
        return breaker.probed(breaker.sent(), isFailure);
    }

    @Test
    void failed_fewRequests_staysClosed() {
        for (int i = 0; i < 4; i++) {
            fail();
        }

        assertThat(breaker.isClosed()).isTrue();
    }

    @Test
    void failed_half_opensOnceAndSaysSo() {
        failHalf();

        assertThat(breaker.isClosed()).isFalse();
        assertThat(openings).isEqualTo(1);
        assertThat(breakersOpen).containsExactly(1);
        assertThat(health.reason())
                .hasValueSatisfying(reason -> assertThat(reason).contains("50 ms"));
    }

    @Test
    void failed_fewerThanHalf_staysClosed() {
        for (int i = 0; i < 20; i++) {
            succeedAfter(QUICK);
            succeedAfter(QUICK);
            fail();
        }

        assertThat(breaker.isClosed()).isTrue();
    }

    @Test
    void succeeded_nearlyAllSlow_opens() {
        for (int i = 0; i < 5; i++) {
            succeedAfter(SLOW);
        }

        assertThat(breaker.isClosed()).isFalse();
    }

    @Test
    void succeeded_slowForAMomentAmongMany_staysClosed() {
        for (int i = 0; i < 100; i++) {
            succeedAfter(QUICK);
        }
        time.pass(Duration.ofSeconds(1));
        List<CircuitBreaker.Sent> requests =
                Stream.generate(breaker::sent).limit(50).toList();
        time.pass(SLOW);
        requests.forEach(breaker::succeeded);

        assertThat(breaker.isClosed()).isTrue();
    }

    /** As where each reply takes longer than it may: the next request waits for it, so that few are sent. */
    @Test
    void failed_oneAfterTheOtherAfterMuchWentWell_opensWithTheFifth() {
        for (int i = 0; i < 1000; i++) {
            succeedAfter(QUICK);
        }

        for (int i = 0; i < 5; i++) {
            assertThat(breaker.isClosed()).isTrue();
            failAfter(REPLY_TIME);
        }

        assertThat(breaker.isClosed()).isFalse();
    }

    @Test
    void failed_manyInOneMoment_staysClosed() {
        for (int i = 0; i < 1000; i++) {
            succeedAfter(QUICK);
        }
        List<CircuitBreaker.Sent> requests =
                Stream.generate(breaker::sent).limit(50).toList();
        time.pass(REPLY_TIME);
        requests.forEach(breaker::failed);
        for (int i = 0; i < 50; i++) {
            fail();
        }

        assertThat(breaker.isClosed()).isTrue();
    }

    @Test
    void failed_someWentWellBetween_staysClosed() {
        for (int i = 0; i < 1000; i++) {
            succeedAfter(QUICK);
        }
        for (int i = 0; i < 3; i++) {
            for (int j = 0; j < 4; j++) {
                failAfter(REPLY_TIME);
            }
            succeedAfter(QUICK);
        }

        assertThat(breaker.isClosed()).isTrue();
    }

    @Test
    void failed_loopWasLate_countsNothing() {
        for (int i = 0; i < 20; i++) {
            CircuitBreaker.Sent request = breaker.sent();
            time.jump(REPLY_TIME);
            breaker.failed(request);
            time.pass(Duration.ofMillis(20));
        }

        assertThat(breaker.isClosed()).isTrue();
    }

    @Test
    void succeeded_loopWasLate_isNotSlow() {
        for (int i = 0; i < 20; i++) {
            CircuitBreaker.Sent request = breaker.sent();
            time.jump(SLOW.plusMillis(20));
            breaker.succeeded(request);
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
    void succeeded_whileOpen_countsOnlyProbes() {
        CircuitBreaker.Sent early = breaker.sent();
        failHalf();

        for (int i = 0; i < 5; i++) {
            breaker.succeeded(early);
        }

        assertThat(breaker.isClosed()).isFalse();
    }

    @Test
    void probed_threeSucceed_closes() {
        failHalf();

        assertThat(probe(false)).isTrue();
        assertThat(probe(false)).isTrue();
        assertThat(breaker.isClosed()).isFalse();
        assertThat(probe(false)).isFalse();

        assertThat(breaker.isClosed()).isTrue();
        assertThat(health.reason()).isEmpty();
        assertThat(breakersOpen).containsExactly(1, -1);
    }

    @Test
    void probed_mostFail_opensAgainAndTheNextThreeDecide() {
        failHalf();

        probe(true);
        probe(false);
        assertThat(probe(true)).isFalse();
        assertThat(breaker.isClosed()).isFalse();
        for (int i = 0; i < 3; i++) {
            probe(false);
        }

        assertThat(breaker.isClosed()).isTrue();
        assertThat(openings).isEqualTo(1);
    }

    /** However long each takes, so long as that is not slow for such a reply time. */
    @Test
    void probed_furtherApartThanTheWindow_decideAllTheSame() {
        failHalf();

        for (int i = 0; i < 3; i++) {
            time.pass(Duration.ofSeconds(OutcomeWindow.SECONDS + 1));
            probe(false);
        }

        assertThat(breaker.isClosed()).isTrue();
    }

    @Test
    void closed_failuresFromBefore_countNoMore() {
        failHalf();
        for (int i = 0; i < 3; i++) {
            probe(false);
        }

        for (int i = 0; i < 4; i++) {
            fail();
        }

        assertThat(breaker.isClosed()).isTrue();
    }
}
