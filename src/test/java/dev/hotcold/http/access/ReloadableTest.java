package dev.hotcold.http.access;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Authority;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** When files are read again, and which content takes effect. */
final class ReloadableTest {

    @TempDir
    private Path directory;

    private final List<String> changes = new ArrayList<>();
    private Path path;
    private WatchedFile file;
    private Runnable whileReading = () -> {};
    private long nanos;

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

    @Test
    void check_emptied_takesEffectOnceItHasStayedSo() throws Exception {
        Reloadable<String> reloadable = reloadable();
        Authority.write(path, "");
        reloadable.check();
        assertThat(reloadable.current()).isEqualTo("one");

        reloadable.check();

        assertThat(reloadable.current()).isEmpty();
        assertThat(reloadable.problem()).isEmpty();
    }

    @Test
    void check_emptiedToBeWritten_isNeverEmpty() throws Exception {
        Reloadable<String> reloadable = reloadable();
        Authority.write(path, "");
        reloadable.check();

        Authority.write(path, "written");
        reloadable.check();

        assertThat(changes).containsExactly("written");
    }

    @Test
    void check_removed_isAProblemAtOnceAndTakesEffectAfterTheGrace() throws Exception {
        Reloadable<String> reloadable = reloadable();
        Files.delete(path);
        reloadable.check();
        assertThat(reloadable.current()).isEqualTo("one");
        assertThat(reloadable.problem().orElse(""))
                .isEqualTo("kept the text as it was, for a minute at most: A_FILE: " + path
                        + " cannot be read: NoSuchFileException");
        pass(Reloadable.GRACE.minusNanos(1));
        reloadable.check();
        assertThat(reloadable.current()).isEqualTo("one");

        pass(Duration.ofNanos(1));
        reloadable.check();
        reloadable.check();

        assertThat(changes).containsExactly("nothing");
        assertThat(reloadable.problem().orElse("")).startsWith("no longer accepted: the text: A_FILE: ");
        assertThat(reloadable.failures()).isEqualTo(4);
    }

    @Test
    void check_removedForAMoment_keepsTheValueAndTheGraceBeginsAnew() throws Exception {
        Reloadable<String> reloadable = reloadable();
        Path away = directory.resolve("away");
        Files.move(path, away);
        reloadable.check();
        Files.move(away, path);
        pass(Reloadable.GRACE);
        reloadable.check();
        assertThat(reloadable.problem()).isEmpty();

        Files.move(path, away);
        reloadable.check();

        assertThat(reloadable.current()).isEqualTo("one");
    }

    @Test
    void check_sameFileBackAfterTheGrace_isReadAgain() throws Exception {
        Reloadable<String> reloadable = reloadable();
        Path away = directory.resolve("away");
        Files.move(path, away);
        reloadable.check();
        pass(Reloadable.GRACE);
        reloadable.check();

        Files.move(away, path);
        reloadable.check();

        assertThat(changes).containsExactly("nothing", "one");
        assertThat(reloadable.problem()).isEmpty();
    }

    @Test
    void check_wrongContent_keepsTheValueForEverAndIsAProblemUntilMended() throws Exception {
        Reloadable<String> reloadable = reloadable();
        Authority.write(path, "bad");
        reloadable.check();
        pass(Reloadable.GRACE.multipliedBy(10));
        reloadable.begin();
        reloadable.check();
        assertThat(reloadable.current()).isEqualTo("one");
        assertThat(reloadable.problem().orElse("")).isEqualTo("kept the text as it was: A_FILE: " + path + " is bad");

        Authority.write(path, "good");
        reloadable.check();

        assertThat(reloadable.current()).isEqualTo("good");
        assertThat(reloadable.problem()).isEmpty();
    }

    /** To open a pipe that nobody writes to would never return. */
    @Test
    @Timeout(20)
    void check_pipeOrDirectory_isRefusedWithoutBeingOpened() throws Exception {
        Reloadable<String> reloadable = reloadable();
        makePipe(path);

        reloadable.check();

        assertThat(reloadable.problem().orElse("")).endsWith(path + " is not a regular file");
        Files.delete(path);
        Files.createDirectory(path);
        reloadable.check();
        assertThat(reloadable.problem().orElse("")).endsWith(path + " is not a regular file");
    }

    @Test
    void problem_checkThatDoesNotEnd_isTold() throws Exception {
        Reloadable<String> reloadable = reloadable();
        reloadable.begin();
        assertThat(reloadable.problem()).isEmpty();

        pass(Reloadable.STALE);

        assertThat(reloadable.problem().orElse("")).startsWith("the text could not be checked for 15 s");
        reloadable.check();
        assertThat(reloadable.problem()).isEmpty();
    }

    private Reloadable<String> reloadable() throws UnusableFileException {
        return new Reloadable<>(
                "the text", List.of(file), this::read, Optional.of("nothing"), changes::add, () -> nanos);
    }

    /** An empty text counts only if it is still empty at the next check. */
    private Optional<String> read(@Nullable String current, boolean settled) throws UnusableFileException {
        String content = new String(file.read(), StandardCharsets.UTF_8);
        whileReading.run();
        if (content.startsWith("bad")) {
            throw file.unusable("is bad");
        }
        return content.isEmpty() && !settled ? Optional.empty() : Optional.of(content);
    }

    private static void makePipe(Path at) throws Exception {
        Files.delete(at);
        assertThat(new ProcessBuilder("mkfifo", at.toString()).start().waitFor())
                .isZero();
    }

    private void pass(Duration time) {
        nanos += time.toNanos();
    }
}
