package dev.hotcold.http.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Authority;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** When files are read again, and which content takes effect. */
final class ReloadableTest {

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
        Reloadable<String> reloadable = reloadable();

        whileReading = () -> {
            throw new AssertionError("read again");
        };
        reloadable.check();

        assertThat(reloadable.current()).isEqualTo("one");
        assertThat(changes).isEmpty();
    }

    /** Time and size stay the same when, say, only permissions are repaired. */
    @Test
    void check_unreadableThenReadableWithTheSameStamp_readsIt() throws Exception {
        Reloadable<String> reloadable = reloadable();
        Authority.write(path, "second");
        whileReading = () -> {
            throw new IllegalStateException("not yet");
        };
        reloadable.check();
        assertThat(reloadable.current()).isEqualTo("one");

        whileReading = () -> {};
        reloadable.check();

        assertThat(reloadable.current()).isEqualTo("second");
        assertThat(changes).containsExactly("second");
    }

    @Test
    void check_error_keepsTheValueAndIsNotThrown() throws Exception {
        Reloadable<String> reloadable = reloadable();
        Authority.write(path, "second");
        whileReading = () -> {
            throw new StackOverflowError();
        };

        reloadable.check();

        assertThat(reloadable.current()).isEqualTo("one");
    }

    @Test
    void check_changedWhileRead_takesEffectWithTheNextCheck() throws Exception {
        Reloadable<String> reloadable = reloadable();
        Authority.write(path, "half");
        whileReading = () -> Authority.write(path, "half and whole");
        reloadable.check();
        assertThat(reloadable.current()).isEqualTo("one");

        whileReading = () -> {};
        reloadable.check();

        assertThat(changes).containsExactly("half and whole");
    }

    @Test
    void firstRead_changedWhileRead_isReadOnceMore() throws Exception {
        whileReading = () -> {
            whileReading = () -> {};
            Authority.write(path, "one and a half");
        };

        assertThat(reloadable().current()).isEqualTo("one and a half");
    }

    private Reloadable<String> reloadable() throws UnusableFileException {
        return new Reloadable<>("the text", List.of(file), this::read, changes::add);
    }

    private String read() throws UnusableFileException {
        byte[] content = file.read();
        whileReading.run();
        return new String(content, StandardCharsets.UTF_8);
    }
}
