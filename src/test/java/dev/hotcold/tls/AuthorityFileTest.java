package dev.hotcold.tls;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Files of authorities that are none any more. */
@Timeout(20)
final class AuthorityFileTest {

    @TempDir
    private Path directory;

    @Test
    void open_file_isItsContent() throws IOException {
        Path file = Files.writeString(directory.resolve("ca.pem"), "text");

        assertThat(AuthorityFile.open(file)).hasContent("text");
    }

    @Test
    void open_pipeDirectoryNothingOrMuch_isRefusedAtOnce() throws Exception {
        Path pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();
        Path large = Files.write(directory.resolve("large"), new byte[1_000_001]);

        for (Path file : new Path[] {pipe, directory, directory.resolve("none")}) {
            assertThatThrownBy(() -> AuthorityFile.open(file))
                    .isInstanceOf(IOException.class)
                    .hasMessageEndingWith("is missing, or is not a regular file");
        }
        assertThatThrownBy(() -> AuthorityFile.open(large)).hasMessageEndingWith("holds more than 1000000 bytes");
    }
}
