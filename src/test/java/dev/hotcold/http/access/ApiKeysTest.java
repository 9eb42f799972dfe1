package dev.hotcold.http.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a file of keys may contain. */
final class ApiKeysTest {

    @TempDir
    private Path directory;

    @Test
    void load_linesCommentsAndBlanks_includeTheKeysAndNoOthers() throws Exception {
        ApiKeys keys = load("# callers\n\n" + ApiKeys.line("web", "first") + "\r\n  "
                + ApiKeys.line("batch-2.x", "second") + "  \n");

        assertThat(includes(keys, "first")).isTrue();
        assertThat(includes(keys, "second")).isTrue();
        assertThat(includes(keys, "third")).isFalse();
        assertThat(includes(keys, "")).isFalse();
    }

    @Test
    void load_upperCaseHash_isTheSame() throws Exception {
        String line = ApiKeys.line("web", "first");

        ApiKeys keys = load("web:" + line.substring(4).toUpperCase(Locale.ROOT));

        assertThat(includes(keys, "first")).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"s3cr3t", "web:s3cr3t", "a name:%s", ":%s", "web:%s0", "web:%s s3cr3t", "web=%s"})
    void load_lineOfAnotherForm_isRefusedByItsNumberWithoutShowingIt(String line) {
        String good = ApiKeys.line("good", "first");
        String hash = good.substring(good.indexOf(':') + 1);

        assertThatThrownBy(() -> load(good + "\n\n" + line.formatted(hash)))
                .isInstanceOf(UnusableFileException.class)
                .hasMessageMatching("API_KEYS_FILE: .*/keys line 3 is not NAME:SHA-256.*")
                .message()
                .doesNotContain("s3cr3t", hash);
    }

    @Test
    void load_nameTwice_isRefusedByItsNumber() {
        assertThatThrownBy(() -> load(ApiKeys.line("web", "first") + "\n" + ApiKeys.line("web", "second")))
                .hasMessageContaining("line 2 has the name of another line");
    }

    @Test
    void load_hashOfAnEmptyKey_isRefusedByItsNumber() {
        assertThatThrownBy(() -> load(ApiKeys.line("web", "first") + "\n" + ApiKeys.line("empty", "")))
                .hasMessageContaining("line 2 has the SHA-256 of an empty key");
    }

    @Test
    void load_noneOrTooMany_isRefused() throws Exception {
        String most = IntStream.range(0, ApiKeys.MAX_KEYS)
                .mapToObj(i -> ApiKeys.line("name" + i, "key" + i))
                .collect(Collectors.joining("\n"));

        assertThat(includes(load(most), "key99")).isTrue();
        assertThatThrownBy(() -> load(most + "\n" + ApiKeys.line("more", "more")))
                .hasMessageContaining("holds 101 keys; allowed are 1 to 100");
        assertThatThrownBy(() -> load("# none\n")).hasMessageContaining("holds 0 keys");
    }

    @Test
    void load_notText_isRefused() throws Exception {
        Path file = Files.write(directory.resolve("keys"), new byte[] {(byte) 0xFF, 0});

        assertThatThrownBy(() -> ApiKeys.load(new WatchedFile("API_KEYS_FILE", file)))
                .hasMessageEndingWith("is not text in UTF-8");
    }

    private ApiKeys load(String text) throws UnusableFileException, IOException {
        return ApiKeys.load(new WatchedFile("API_KEYS_FILE", Files.writeString(directory.resolve("keys"), text)));
    }

    private static boolean includes(ApiKeys keys, String key) {
        return keys.include(ApiKeys.sha256().digest(key.getBytes(StandardCharsets.UTF_8)));
    }
}
