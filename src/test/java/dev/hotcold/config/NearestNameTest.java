package dev.hotcold.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class NearestNameTest {

    @ParameterizedTest
    @CsvSource({
        "'', '', 0",
        "abc, '', 3",
        "'', abc, 3",
        "kitten, sitting, 3",
        "flaw, lawn, 2",
        "same, same, 0",
        "PROT, PORT, 1",
        "ab, ba, 1",
        "abcd, badc, 2"
    })
    void distance_pair_isThatOfDamerauAndLevenshtein(String a, String b, int distance) {
        assertThat(NearestName.distance(a, b)).isEqualTo(distance);
    }
}
