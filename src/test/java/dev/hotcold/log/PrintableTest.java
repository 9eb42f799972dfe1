package dev.hotcold.log;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Texts from outside stay on one line, and show what they hide. */
final class PrintableTest {

    @Test
    void line_plainText_isTheSameObject() {
        String text = "ERR unknown command 'MGET'";

        assertThat(Printable.line(text)).isSameAs(text);
    }

    @Test
    void line_letters_stayAsTheyAre() {
        assertThat(Printable.line("naïve 用户 😀 …")).isEqualTo("naïve 用户 😀 …");
    }

    @Test
    void line_lineEndsAndEscapes_areShown() {
        assertThat(Printable.line("a\r\n2026-01-01 INFO  x\t\u001b[31m\0"))
                .isEqualTo("a\\r\\n2026-01-01 INFO  x\\t\\u001b[31m\\u0000");
    }

    @ParameterizedTest
    @ValueSource(
            ints = {
                0x00, 0x07, 0x0B, 0x0C, 0x1B, 0x1F, 0x7F, 0x80, 0x85, 0x9B, 0x9F, 0x061C, 0x200B, 0x200E, 0x200F,
                0x2028, 0x2029, 0x202A, 0x202E, 0x2066, 0x2069, 0xFEFF, 0xD800, 0xDFFF, 0xE0001
            })
    void line_whatHasNoShape_isShown(int c) {
        String line = Printable.line("a" + Character.toString(c) + "b");

        assertThat(line).matches("a\\\\u(?:[0-9a-f]{4}|\\{[0-9a-f]+})b");
    }

    @Test
    void line_veryLong_isCutAndSaysSo() {
        String line = Printable.line("x".repeat(Printable.MAX_LENGTH + 5));

        assertThat(line).hasSizeLessThan(Printable.MAX_LENGTH + 40).endsWith("x… (5 more characters)");
    }
}
