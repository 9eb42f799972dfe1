package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ServiceTest {

    @ParameterizedTest
    @CsvSource({"1, 24, 1", "8, 24, 8", "64, 24, 24", "8, 1, 1"})
    void loops_coresAndConnections_areOnePerCoreAndNeverMoreThanConnections(int cores, int connections, int loops) {
        assertThat(Service.loops(cores, connections)).isEqualTo(loops);
    }
}
