package dev.hotcold.user;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.hotcold.testkit.Texts;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UserJsonTest {

    private static final JsonFactory JSON = new JsonFactory();
    private static final UserId ALICE = id("alice");

    @Test
    void encode_plainUser_isTheContractsForm() {
        UserJson json = UserJson.encode(new User(ALICE, "app://open/alice", "Welcome back, Alice"));

        assertThat(json)
                .hasToString(
                        "\"user_id\":\"alice\",\"deeplink\":\"app://open/alice\",\"promo_message\":\"Welcome back, Alice\"");
        assertThat(new String(json.toObject(), StandardCharsets.UTF_8)).isEqualTo("{" + json + "}");
    }

    @Test
    void encode_anyText_isReadBackByAnotherParser() throws IOException {
        Random random = new Random(20260101);
        List<String> texts = new ArrayList<>(Texts.classics());
        for (int i = 0; i < 20_000; i++) {
            texts.add(Texts.any(random));
        }
        for (String text : texts) {
            UserJson json = UserJson.encode(new User(ALICE, text, "<" + text + ">"));

            String expected = withoutLoneSurrogates(text);
            assertThat(members(json.toObject()))
                    .containsExactly("user_id", "alice", "deeplink", expected, "promo_message", "<" + expected + ">");
        }
    }

    @Test
    void prove_whatWasEncoded_isProven() {
        Random random = new Random(7);
        List<String> texts = new ArrayList<>(Texts.classics());
        for (int i = 0; i < 20_000; i++) {
            texts.add(Texts.valid(random));
        }
        for (String text : texts) {
            UserJson json = UserJson.encode(new User(ALICE, text, text));

            byte[] object = json.toObject();
            UserJson proven = UserJson.prove(ALICE, object, 1);

            assertThat(proven).isEqualTo(json);
        }
    }

    /** Damages good objects byte by byte: whatever is still proven must be what another parser reads as that user. */
    @Test
    void prove_damagedBytes_areProvenOnlyWhenWellFormed() throws IOException {
        Random random = new Random(99);
        int proven = 0;
        for (int i = 0; i < 200_000; i++) {
            byte[] bytes = UserJson.encode(new User(ALICE, Texts.valid(random), "é\\👋\"\n"))
                    .toObject();
            for (int damage = random.nextInt(3); damage >= 0; damage--) {
                bytes[random.nextInt(bytes.length)] = interestingByte(random);
            }
            UserJson json = UserJson.prove(ALICE, bytes, 1);
            if (json != null) {
                proven++;
                List<String> members = members(json.toObject());
                assertThat(members.subList(0, 3)).containsExactly("user_id", "alice", "deeplink");
                assertThat(members)
                        .hasSize(6)
                        .allSatisfy(text -> assertThat(withoutLoneSurrogates(text))
                                .isEqualTo(text)
                                .doesNotContain("\u0000"));
            }
        }
        assertThat(proven).isPositive();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\"user_id\":\"alicia\",\"deeplink\":\"\",\"promo_message\":\"\"",
                "\"user_id\":\"alice\", \"deeplink\":\"\",\"promo_message\":\"\"",
                "\"user_id\":\"alice\",\"promo_message\":\"\",\"deeplink\":\"\"",
                "\"user_id\":\"\\u0061lice\",\"deeplink\":\"\",\"promo_message\":\"\"",
                "\"user_id\":\"alice\",\"deeplink\":null,\"promo_message\":\"\"",
                "\"user_id\":\"alice\",\"deeplink\":\"\",\"promo_message\":\"",
                "\"user_id\":\"alice\",\"deeplink\":\"\\x\",\"promo_message\":\"\"",
                "\"user_id\":\"alice\",\"deeplink\":\"\\u00\",\"promo_message\":\"\"",
                "\"user_id\":\"alice\",\"deeplink\":\"\\u0000\",\"promo_message\":\"\"",
                "\"user_id\":\"alice\",\"deeplink\":\"\\ud83d\",\"promo_message\":\"\"",
                "\"user_id\":\"alice\",\"deeplink\":\"\\udc4b\",\"promo_message\":\"\"",
                "\"user_id\":\"alice\",\"deeplink\":\"\\ud83d\\u0041\",\"promo_message\":\"\"",
                "\"user_id\":\"alice\",\"deeplink\":\"a\nb\",\"promo_message\":\"\""
            })
    void prove_anotherForm_isNotProven(String members) {
        assertThat(UserJson.prove(ALICE, members.getBytes(StandardCharsets.UTF_8), 0))
                .isNull();
    }

    @Test
    void prove_otherWritersEscapes_areProvenAsTheyStand() {
        String members =
                "\"user_id\":\"alice\",\"deeplink\":\"\\u003cb\\u003E \\/ \\ud83d\\udc4b\",\"promo_message\":\"\\u2028\"";

        UserJson json = UserJson.prove(ALICE, members.getBytes(StandardCharsets.UTF_8), 0);

        assertThat(json).hasToString(members);
    }

    private static byte interestingByte(Random random) {
        int[] interesting = {
            '"', '\\', 'u', '{', '}', ',', 0, 0x1f, 0x7f, 0x80, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xff
        };
        return (byte) (random.nextBoolean() ? interesting[random.nextInt(interesting.length)] : random.nextInt(256));
    }

    /** Names and values in order of appearance. */
    private static List<String> members(byte[] object) throws IOException {
        List<String> members = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(object)) {
            assertThat(parser.nextToken()).isEqualTo(JsonToken.START_OBJECT);
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                members.add(parser.currentName());
                assertThat(parser.nextToken()).isEqualTo(JsonToken.VALUE_STRING);
                members.add(parser.getText());
            }
            assertThat(parser.nextToken()).isNull();
        }
        return members;
    }

    private static String withoutLoneSurrogates(String text) {
        return text.codePoints()
                .map(c -> c >= Character.MIN_SURROGATE && c <= Character.MAX_SURROGATE ? 0xFFFD : c)
                .collect(StringBuilder::new, StringBuilder::appendCodePoint, StringBuilder::append)
                .toString();
    }

    private static UserId id(String text) {
        return (UserId) UserId.parse(text);
    }
}
