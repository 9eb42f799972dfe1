package dev.hotcold.local;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LocalServersTest {

    @Test
    void available_librariesOnClassPath_isTrue() {
        assertThat(LocalServers.available()).isTrue();
    }

    @Test
    void start_librariesMissing_namesTheVariableToSet(@TempDir Path directory)
            throws IOException, InterruptedException {
        String classPath = Arrays.stream(
                        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path"))
                                .split(File.pathSeparator, -1))
                .filter(entry -> !entry.contains("embedded-"))
                .collect(Collectors.joining(File.pathSeparator));

        assertThat(outputOf(classPath, "postgres", directory.toString()))
                .contains("LocalServerException", "set DATABASE_URL");
        assertThat(outputOf(classPath, "redis", directory.toString()))
                .contains("LocalServerException", "set REDIS_ADDR");
    }

    private static String outputOf(String classPath, String... arguments) throws IOException, InterruptedException {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        var builder = new ProcessBuilder(java, "-cp", classPath, ServerOwner.class.getName()).redirectErrorStream(true);
        builder.command().addAll(List.of(arguments));
        Process process = builder.start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).isNotZero();
        return output;
    }
}
