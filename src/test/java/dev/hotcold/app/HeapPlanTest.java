package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.LogLines;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How many clients a heap of so many MB takes. */
final class HeapPlanTest {

    @ParameterizedTest
    @CsvSource({"128, 20000, 4096", "128, 100, 100", "128, 0, 4096", "6000, 20000, 20000", "60, 20000, 100"})
    void clients_areThoseThatFit(long megabytes, int wanted, int clients) {
        assertThat(new HeapPlan(megabytes << 20, 0).clients(wanted)).isEqualTo(clients);
    }

    @Test
    void warning_settingsFit_isNotGiven() {
        try (LogLines log = LogLines.watch()) {
            new HeapPlan(1024 << 20, 200 << 20).clientsOrWarn(20_000);

            assertThat(log.count()).isZero();
        }
    }

    @Test
    void warning_connectionsDoNotFit_isGiven() {
        try (LogLines log = LogLines.watch()) {
            new HeapPlan(128 << 20, 0).clientsOrWarn(20_000);

            assertThat(log.count()).isEqualTo(1);
        }
    }

    @Test
    void warning_nearCacheDoesNotFit_isGiven() {
        try (LogLines log = LogLines.watch()) {
            new HeapPlan(1024 << 20, 400 << 20).clientsOrWarn(20_000);

            assertThat(log.count()).isEqualTo(1);
        }
    }
}
