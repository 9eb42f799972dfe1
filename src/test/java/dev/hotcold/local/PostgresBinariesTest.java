package dev.hotcold.local;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PostgresBinariesTest {

    @ParameterizedTest
    @CsvSource({
        "Linux, amd64, false",
        "Linux, aarch64, false",
        "Linux, amd64, true",
        "Mac OS X, x86_64, false",
        "Mac OS X, aarch64, false"
    })
    void name_supportedSystem_isEmbedded(String system, String architecture, boolean isAlpine) {
        String name = PostgresBinaries.name(system, architecture, isAlpine);

        assertThat(PostgresBinaries.class.getResource("/" + name)).as(name).isNotNull();
    }
}
