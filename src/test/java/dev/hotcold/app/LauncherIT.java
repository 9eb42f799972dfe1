package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Servers;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** {@code bin/hotcold} with the packaged program, and what it makes of the cache that a training run leaves. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class LauncherIT {

    /** Tells where each class comes from. */
    private static final String CLASSES = "-Xlog:class+load";

    private static final String FROM_THE_CACHE = "dev.hotcold.app.command.Main source: shared objects file";

    @TempDir
    private Path home;

    private Path app;

    /** A checkout of its own, whose jar and cache may be tampered with. */
    @BeforeEach
    void build() throws IOException {
        app = Files.createDirectories(home.resolve("target/app"));
        Path built = Path.of("target", "app").toAbsolutePath();
        Files.copy(built.resolve("hotcold-user-api.jar"), jar());
        Files.createSymbolicLink(app.resolve("lib"), built.resolve("lib"));
        Files.createSymbolicLink(app.resolve("embedded"), built.resolve("embedded"));
        Files.createSymbolicLink(app.resolve("native"), built.resolve("native"));
        try (Stream<Path> programs = Files.list(Path.of("bin"))) {
            for (Path program : programs.toList()) {
                Path copy = home.resolve(program);
                Files.createDirectories(copy.getParent());
                Files.copy(program, copy);
            }
        }
    }

    @Test
    void cache_missing_isNotMissed() throws Exception {
        assertHelpAlone(run(""));
    }

    @Test
    void cache_empty_isNotUsed() throws Exception {
        Files.createFile(cache());

        assertHelpAlone(run(""));
    }

    @Test
    void cache_damaged_isPassedOverInSilence() throws Exception {
        Files.writeString(cache(), "no cache".repeat(10_000));

        assertHelpAlone(run(""));
    }

    @Test
    void cache_ofThisProgram_isUsed_andOfAnotherIsPassedOverInSilence() throws Exception {
        run("-XX:AOTCacheOutput=" + cache());

        assertThat(run(CLASSES)).contains(FROM_THE_CACHE);
        assertHelpAlone(run(""));

        Files.setLastModifiedTime(jar(), FileTime.from(Instant.EPOCH));
        assertThat(run(CLASSES))
                .contains("dev.hotcold.app.command.Main source: file:")
                .doesNotContain(FROM_THE_CACHE);
        assertHelpAlone(run(""));
    }

    /** And not copies in the directory for temporary files, from which nothing may be loaded on some systems. */
    @Test
    @EnabledOnOs(value = OS.LINUX, disabledReason = "native transports and /proc are of Linux")
    void nativeTransports_areLoadedFromWhereTheBuildUnpackedThem() throws Exception {
        ProcessBuilder builder = new ProcessBuilder(home.resolve("bin/hotcold").toString()).redirectErrorStream(true);
        builder.environment().keySet().retainAll(List.of("PATH", "HOME"));
        builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
        builder.environment().putAll(Servers.shared().environment());
        Process process = builder.start();
        try (BufferedReader output = process.inputReader(StandardCharsets.UTF_8)) {
            String line = output.readLine();
            while (line != null && !line.contains("event loops for lookups, on ")) {
                line = output.readLine();
            }

            assertThat(Files.readString(Path.of("/proc", Long.toString(process.pid()), "maps")))
                    .as(line)
                    .contains("target/app/native/libnetty_transport_native_");
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private static void assertHelpAlone(String output) {
        assertThat(output).startsWith("Usage: hotcold serve").endsWith("Show this help and exit.\n");
    }

    /** What {@code hotcold serve --help} prints, to either output. */
    private String run(String javaOptions) throws IOException, InterruptedException {
        ProcessBuilder builder = new ProcessBuilder(
                        List.of(home.resolve("bin/hotcold").toString(), "serve", "--help"))
                .redirectErrorStream(true);
        builder.environment().keySet().retainAll(List.of("PATH", "HOME"));
        builder.environment().putAll(Map.of("JAVA_HOME", System.getProperty("java.home"), "JAVA_OPTS", javaOptions));
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        return output;
    }

    private Path jar() {
        return app.resolve("hotcold-user-api.jar");
    }

    private Path cache() {
        return app.resolve("hotcold-user-api.aot");
    }
}
