package dev.hotcold.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Authority;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When files are read again, and which reading counts. */
final class ReloadingTest {

    @TempDir
    private Path directory;

    private final List<String> changes = new ArrayList<>();
    private Path path;
    private WatchedFile file;
    private Runnable whileReading = () -> {};

    @BeforeEach
    void writeFile() {
        path = Authority.write(directory.resolve("file"), "one");
        file = new WatchedFile("A_FILE", path);
    }

    @Test
    void check_unchanged_readsNothing() throws Exception {
        Reloading<String> reloading = reloading();

        whileReading = () -> {
            throw new AssertionError("read again");
        };
        reloading.check();

        assertThat(reloading.current()).isEqualTo("one");
        assertThat(changes).isEmpty();
    }

    /** Its time and size stay as they are when, say, its permissions are mended. */
    @Test
    void check_unreadableThenReadableWithTheSameStamp_readsIt() throws Exception {
        Reloading<String> reloading = reloading();
        Authority.write(path, "second");
        whileReading = () -> {
            throw new IllegalStateException("not yet");
        };
        reloading.check();
        assertThat(reloading.current()).isEqualTo("one");

        whileReading = () -> {};
        reloading.check();

        assertThat(reloading.current()).isEqualTo("second");
        assertThat(changes).containsExactly("second");
    }

    @Test
    void check_error_isNotThrown() throws Exception {
        Reloading<String> reloading = reloading();
        Authority.write(path, "second");
        whileReading = () -> {
            throw new StackOverflowError();
        };

        reloading.check();

        assertThat(reloading.current()).isEqualTo("one");
    }

    @Test
    void check_changedWhileRead_countsOnlyTheNextTime() throws Exception {
        Reloading<String> reloading = reloading();
        Authority.write(path, "half");
        whileReading = () -> Authority.write(path, "half and whole");
        reloading.check();
        assertThat(reloading.current()).isEqualTo("one");

        whileReading = () -> {};
        reloading.check();

        assertThat(changes).containsExactly("half and whole");
    }

    @Test
    void firstRead_changedWhileRead_isReadOnceMore() throws Exception {
        whileReading = () -> {
            whileReading = () -> {};
            Authority.write(path, "one and a half");
        };

        assertThat(reloading().current()).isEqualTo("one and a half");
    }

    private Reloading<String> reloading() throws UnusableFileException {
        return new Reloading<>("the text", List.of(file), this::read, changes::add);
    }

    private String read() throws UnusableFileException {
        byte[] content = file.read();
        whileReading.run();
        return new String(content, StandardCharsets.UTF_8);
    }
}
