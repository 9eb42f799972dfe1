package dev.hotcold.config;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.config.parse.Masking;
import dev.hotcold.config.parse.PercentEncoding;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** No secret is ever shown, whether its variable is valid or not. */
final class MaskingTest {
    /** Occurs in every secret, and in nothing else. */
    private static final String MARK = "s3cr3t";

    /** Where passwords stand, rightly or wrongly. */
    private static final List<List<String>> PLACES = List.of(
            List.of("DATABASE_URL", "postgres://app:%s@db:5432/users?sslmode=require"),
            List.of("DATABASE_URL", "postgres://app:%s@db"),
            List.of("DATABASE_URL", "postgres://app:%s@db:x/users?sslmode=no"),
            List.of("DATABASE_URL", "postgres://:%s@db/users"),
            List.of("DATABASE_URL", "postgres://app:%s"),
            List.of("DATABASE_URL", "postgres://app@db/users?password=%s"),
            List.of("DATABASE_URL", "postgres://db/users?user=app&password=%s"),
            List.of("DATABASE_URL", "mysql://app:%s@db/users"),
            List.of("DATABASE_URL", "jdbc:postgresql://db/users?user=app&password=%s"),
            List.of("DATABASE_URL", "host=db user=app password=%s"),
            List.of("REDIS_ADDR", "redis://reader:%s@cache:6379/1"),
            List.of("REDIS_ADDR", "rediss://:%s@cache"),
            List.of("REDIS_ADDR", "redis://reader:%s@cache/x"),
            List.of("REDIS_ADDR", "redis://reader:%s@"),
            List.of("REDIS_ADDR", "reader:%s@cache:6379"),
            List.of("REDIS_ADDR", "cache:6380,password=%s,ssl=True"),
            List.of("REDIS_ADDR", "redis://cache?password=%s"),
            List.of("REDIS_PASSWORD", "%s"),
            List.of("TLS_KEY_FILE", "-----BEGIN PRIVATE KEY-----\n%s"),
            List.of("REDIS_PASSWD", "%s"));

    private final Random random = new Random(20260101);

    @Test
    void load_secretAsItIs_isNeverShown() {
        for (int i = 0; i < 3_000; i++) {
            List<String> place = anyPlace();
            String secret = anySecret();
            // These end a URL's password or parameter, whatever was meant; what follows is then no secret by any rule.
            if (!place.getLast().contains("%s@") && secret.matches("(?s).*[@&].*")) {
                continue;
            }

            Loading loading = Loading.load(place.getFirst(), place.getLast().formatted(secret));

            assertThat(loading.texts()).isNotEmpty().noneMatch(text -> text.contains(MARK));
        }
    }

    @Test
    void load_secretPercentEncoded_isNeverShown() {
        for (int i = 0; i < 3_000; i++) {
            List<String> place = anyPlace();

            Loading loading =
                    Loading.load(place.getFirst(), place.getLast().formatted(PercentEncoding.encode(anySecret())));

            assertThat(loading.texts()).isNotEmpty().noneMatch(text -> text.contains(MARK));
        }
    }

    @Test
    void load_percentEncodedPassword_arrivesUnchanged() {
        for (int i = 0; i < 1_000; i++) {
            String secret = anySecret();
            String encoded = PercentEncoding.encode(secret);

            Config config = Loading.valid(
                            "DATABASE_URL",
                            "postgres://app:" + encoded + "@db",
                            "REDIS_ADDR",
                            "redis://:" + encoded + "@cache")
                    .config();

            assertThat(config.stores().postgres().endpoint().password()).contains(secret);
            assertThat(config.stores().redis().endpoint().password()).contains(secret);
        }
    }

    @ParameterizedTest
    @CsvSource({
        "postgres://app:pw@db:99999/users?sslmode=no&x=y, postgres://****@db:99999/users?sslmode=no&****",
        "postgres://db/users, postgres://db/users",
        "postgres://app:1/2, postgres://app:1/2",
        "postgres://app:1/secret, postgres://****",
        "postgres://app@db?password=p@secret, postgres://****",
        "postgres://app:secret/users, postgres://****",
        "redis://secret@cache, redis://****@cache",
        "redis://[::1]:0, redis://[::1]:0",
        "cache:99999, cache:99999",
        "cache:secret, ****",
        "reader:secret@cache, ****"
    })
    void address_malformed_showsWhatCannotBeASecret(String text, String shown) {
        assertThat(Masking.address(text)).isEqualTo(shown);
    }

    @ParameterizedTest
    @CsvSource({
        "/etc/tls/key.pem, /etc/tls/key.pem",
        "key.pem, key.pem",
        "'', ''",
        "xk5zVh9QqXo2rJ8n1yTfGdLbWcMeUaPs, ****",
        "-----BEGIN PRIVATE KEY-----MIG/HAg.E=, ****",
        "MIG/HAgEwYH, MIG/HAgEwYH",
        "MIG/HAgE+wYH, ****",
        "MIG/HAgEwYH=, ****",
        "'MIG/HAgE wYH', ****",
    })
    void file_whatIsNoPath_isMasked(String text, String shown) {
        assertThat(Masking.file(text)).isEqualTo(shown);
    }

    @Test
    void file_longerThanAPath_isMasked() {
        assertThat(Masking.file("/" + "a".repeat(254))).startsWith("/aaa");
        assertThat(Masking.file("/" + "a".repeat(255))).isEqualTo("****");
    }

    @ParameterizedTest
    @CsvSource({"'a\nb', a?b", "'', ''"})
    void plain_controlCharacters_areReplaced(String text, String shown) {
        assertThat(Masking.plain(text)).isEqualTo(shown);
    }

    private List<String> anyPlace() {
        return PLACES.get(random.nextInt(PLACES.size()));
    }

    /** The mark among characters that mean something in a URL, letters and digits, and some beyond ASCII. */
    private String anySecret() {
        return anyText() + MARK + anyText();
    }

    private String anyText() {
        int[] characters = "@:/?#%&=[]+ ,;\\\"'azAZ09é🔑".codePoints().toArray();
        StringBuilder text = new StringBuilder();
        for (int length = random.nextInt(7); length > 0; length--) {
            text.appendCodePoint(characters[random.nextInt(characters.length)]);
        }
        return text.toString();
    }
}
