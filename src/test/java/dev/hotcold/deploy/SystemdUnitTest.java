package dev.hotcold.deploy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hotcold.config.settings.OperationsDefinitions;
import dev.hotcold.testkit.FrontProxy;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** deploy/systemd: a unit that starts what there is, leaves it time to stop, and allows it little. */
class SystemdUnitTest {

    private static final Path UNIT = Path.of("deploy", "systemd", "hotcold-user-api.service");
    private static final String INSTALLED = "/opt/hotcold-user-api";

    @TempDir
    private Path directory;

    private String unit;

    @BeforeEach
    void read() throws IOException {
        unit = Files.readString(UNIT);
    }

    /** The values of a key, in their order. */
    private List<String> values(String key) {
        return Pattern.compile("(?m)^" + key + "=(.*)$")
                .matcher(unit)
                .results()
                .map(line -> line.group(1))
                .toList();
    }

    @Test
    void execStart_namesTheLauncher() {
        String launcher = values("ExecStart").getFirst();

        assertThat(launcher).startsWith(INSTALLED + "/");
        assertThat(Path.of(launcher.substring(INSTALLED.length() + 1))).isExecutable();
    }

    /** SHUTDOWN_DELAY_SEC as it is by itself, and the five seconds of the drain. */
    @Test
    void timeoutStopSec_leavesTheServiceTimeToStop() {
        String auto = Pattern.compile("auto = (\\d+) ")
                .matcher(OperationsDefinitions.SHUTDOWN_DELAY.allowed())
                .results()
                .findFirst()
                .orElseThrow()
                .group(1);

        assertThat(Integer.parseInt(values("TimeoutStopSec").getFirst()))
                .isGreaterThanOrEqualTo(Integer.parseInt(auto) + 5);
    }

    /** What a hardened unit must not lose, and what a JVM and its sockets need of it. */
    @ParameterizedTest
    @CsvSource({
        "DynamicUser, yes",
        "ProtectSystem, strict",
        "CapabilityBoundingSet, ''",
        "SystemCallFilter, @system-service",
        "MemoryDenyWriteExecute, no",
        "RestartPreventExitStatus, 2",
        "EnvironmentFile, /etc/hotcold-user-api.env"
    })
    void keys_each_areThere(String key, String value) {
        assertThat(values(key)).first().isEqualTo(value);
    }

    @Test
    void unit_bySystemd_isWellAndHardened() throws Exception {
        // Only systemd's own tool knows what systemd accepts; the tests above hold without it.
        assumeTrue(FrontProxy.isInstalled("systemd-analyze"), "systemd-analyze is not on PATH, so it is not asked");
        Path copy = directory.resolve(UNIT.getFileName());
        Files.writeString(
                copy, unit.replace(INSTALLED, Path.of("").toAbsolutePath().toString()));

        assertSucceeds("systemd-analyze", "verify", "--man=no", copy.toString());
        // In tenths, of 100 at worst.
        assertSucceeds("systemd-analyze", "security", "--offline=true", "--threshold=15", copy.toString());
    }

    private static void assertSucceeds(String... command) throws IOException, InterruptedException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(said).isZero();
    }
}
