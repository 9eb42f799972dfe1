package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

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
