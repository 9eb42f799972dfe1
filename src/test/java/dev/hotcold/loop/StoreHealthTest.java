package dev.hotcold.loop;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.LogLines;
import org.junit.jupiter.api.Test;

class StoreHealthTest {

    private final StoreHealth health = new StoreHealth("a store");

    @Test
    void degraded_sameReason_isLoggedOnce() {
        try (LogLines log = LogLines.watch()) {
            for (int i = 0; i < 100; i++) {
                health.degraded("no reply in time");
            }
            health.recovered();
            health.recovered();

            assertThat(log.count()).isEqualTo(2);
        }
    }

    @Test
    void degraded_byTurnsWithRecovery_doesNotFillTheLogAndShowsTheLastState() {
        try (LogLines log = LogLines.watch()) {
            for (int i = 0; i < 100_000; i++) {
                health.degraded("reason " + i);
                health.recovered();
            }
            health.degraded("the last");

            assertThat(log.count()).isLessThan(1000);
            assertThat(health.reason()).hasValue("the last");
        }
    }

    @Test
    void degraded_longReason_isShortened() {
        health.degraded("x".repeat(10_000_000));

        assertThat(health.reason()).hasValue("x".repeat(500) + "…");
    }
}
