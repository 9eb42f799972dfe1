package dev.hotcold.http.request;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code Max-Staleness} as a request has it. */
class MaxStalenessTest {

    @Test
    void parse_severalFields_theStrictestCounts() {
        assertThat(MaxStaleness.parse(List.of("500"))).hasValue(Duration.ofMillis(500));
        assertThat(MaxStaleness.parse(List.of(" 0\t"))).hasValue(Duration.ZERO);
        assertThat(MaxStaleness.parse(List.of("999999999", "20", "30"))).hasValue(Duration.ofMillis(20));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "-1", "+1", "1.5", "1s", "0x10", "1 2", "1,2", "1000000000", "99999999999999999999", "١"})
    void parse_noWholeNumberOfMilliseconds_isMalformed(String field) {
        assertThat(MaxStaleness.parse(List.of(field))).isEmpty();
        assertThat(MaxStaleness.parse(List.of("5", field))).isEmpty();
    }
}
