package dev.hotcold.cold.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PoolSettingsTest {

    @ParameterizedTest
    @CsvSource({"24, 1, 3", "24, 2, 3", "24, 12, 2", "24, 24, 1", "7, 3, 2", "1, 1, 1"})
    void connectionsPerLoop_anyBound_isTheShareButAtMostThree(int maxConnections, int loops, int share) {
        assertThat(settings(maxConnections).connectionsPerLoop(loops)).isEqualTo(share);
    }

    @ParameterizedTest
    @CsvSource({"24, 1, 6144", "24, 2, 3072", "2, 2, 256", "1, 1, 256", "7, 3, 597"})
    void waitingPerLoop_anyBound_isTheShareOf256PerConnection(int maxConnections, int loops, int share) {
        assertThat(settings(maxConnections).waitingPerLoop(loops)).isEqualTo(share);
    }

    @Test
    void lifetime_spread_isShorterAtRandom() {
        Duration hour = Duration.ofHours(1);
        PoolSettings settings = new PoolSettings(1, Duration.ofSeconds(30), Duration.ZERO, hour, Duration.ofMinutes(6));

        Set<Duration> lifetimes = Stream.generate(settings::lifetime).limit(100).collect(Collectors.toSet());

        assertThat(lifetimes)
                .hasSizeGreaterThan(50)
                .allSatisfy(lifetime -> assertThat(lifetime).isBetween(hour.minusMinutes(6), hour));
    }

    private static PoolSettings settings(int maxConnections) {
        return new PoolSettings(maxConnections, Duration.ofSeconds(30), Duration.ZERO, Duration.ZERO);
    }
}
