package dev.hotcold.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class HealthTest {

    private final AtomicLong nanos = new AtomicLong(-5);
    private final Health health = new Health(nanos::get);

    @Test
    void isWatched_askedAgainAndAgain_isTrue() {
        health.enter(Health.Phase.READY);
        for (int i = 0; i < 5; i++) {
            pass(Duration.ofSeconds(30));
            assertThat(health.asked()).isTrue();
        }
        pass(Duration.ofSeconds(30));

        assertThat(health.isWatched()).isTrue();
    }

    @Test
    void isWatched_neverAsked_isFalse() {
        health.enter(Health.Phase.READY);

        assertThat(health.isWatched()).isFalse();
    }

    /** As somebody does who waits until it is ready. */
    @Test
    void isWatched_askedUntilItWasReady_isFalse() {
        for (int i = 0; i < 5; i++) {
            pass(Duration.ofSeconds(1));
            assertThat(health.asked()).isFalse();
        }
        health.enter(Health.Phase.READY);
        health.asked();

        assertThat(health.isWatched()).isFalse();
    }

    @Test
    void isWatched_askedLongAgo_isFalse() {
        health.enter(Health.Phase.READY);
        health.asked();
        health.asked();
        assertThat(health.isWatched()).isTrue();
        pass(Duration.ofSeconds(91));

        assertThat(health.isWatched()).isFalse();
    }

    @Test
    void enter_earlierPhase_isPassedOver() {
        health.enter(Health.Phase.DRAINING);
        health.enter(Health.Phase.READY);

        assertThat(health.isReady()).isFalse();
        assertThat(health.toJson(false).getString("status")).isEqualTo("draining");
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }
}
