package dev.hotcold.local;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedisBinaryTest {

    @ParameterizedTest
    @CsvSource({"Linux, amd64", "Linux, aarch64", "Mac OS X, x86_64", "Mac OS X, aarch64"})
    void name_supportedSystem_isEmbedded(String system, String architecture) {
        assertThat(RedisBinary.class.getResource("/" + RedisBinary.name(system, architecture)))
                .isNotNull();
    }

    @ParameterizedTest
    @CsvSource({
        "Linux, amd64, redis-server-7.0.15-linux-amd64",
        "Mac OS X, aarch64, redis-server-7.0.15-darwin-arm64",
        "Linux, riscv64, redis-server-7.0.15-linux-riscv64"
    })
    void name_systemAndArchitecture_areThoseOfTheProgram(String system, String architecture, String name) {
        assertThat(RedisBinary.name(system, architecture)).isEqualTo(name);
    }
}
