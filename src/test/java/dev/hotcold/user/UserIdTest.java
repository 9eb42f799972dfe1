package dev.hotcold.user;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserIdTest {

    private static final Pattern RULE = Pattern.compile("[A-Za-z0-9_-]{1,20}");

    @ParameterizedTest
    @ValueSource(strings = {"a", "Z", "0", "_", "-", "A_b-9", "abcdefghij0123456789"})
    void parse_withinTheRule_isAnId(String text) {
        assertThat(UserId.parse(text))
                .isInstanceOfSatisfying(
                        UserId.class, id -> assertThat(id.value()).isEqualTo(text));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                " ",
                "a ",
                "a\n",
                "a\u0000",
                "abcdefghij01234567890",
                "ü",
                "\u0661",
                "a.b",
                "a/b",
                "a{b}",
                "Ａ"
            })
    void parse_outsideTheRule_isMalformed(String text) {
        assertThat(UserId.parse(text)).isEqualTo(ParsedUserId.Malformed.MALFORMED);
    }

    @Test
    void parse_everyCharacter_agreesWithTheRule() {
        for (char c = 0; c < Character.MAX_VALUE; c++) {
            String text = "a" + c;
            assertThat(UserId.parse(text) instanceof UserId)
                    .as("U+%04X", (int) c)
                    .isEqualTo(RULE.matcher(text).matches());
        }
    }

    @Test
    void equals_sameText_isEqual() {
        Random random = new Random(1);
        for (int i = 0; i < 1000; i++) {
            String text = Integer.toString(random.nextInt(100));
            ParsedUserId first = UserId.parse(text);
            ParsedUserId second = UserId.parse(new String(text.toCharArray()));
            assertThat(first).isEqualTo(second).hasSameHashCodeAs(second);
        }
        assertThat(UserId.parse("a")).isNotEqualTo(UserId.parse("A"));
    }
}
