package dev.hotcold.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.user.ParsedUserId.Malformed;
import dev.hotcold.user.UserId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LookupRequestTest {

    private static final String PLAIN = "GET /v1/users?user_id=alice HTTP/1.1\r\nHost: a\r\n\r\n";

    private final LookupRequest request = new LookupRequest(8192, false);

    @Test
    void read_plainLookup_isRecognised() {
        assertThat(read(PLAIN)).isTrue();
        assertThat(request.length()).isEqualTo(PLAIN.length());
        assertThat(request.userId()).isEqualTo(UserId.parse("alice"));
        assertThat(request.authorization()).isNull();
        assertThat(request.apiKey()).isNull();
    }

    @Test
    void read_moreBehindIt_takesThatAlone() {
        assertThat(read(PLAIN + "GET")).isTrue();
        assertThat(request.length()).isEqualTo(PLAIN.length());
    }

    @Test
    void read_incomplete_isNotRecognised() {
        for (int end = 0; end < PLAIN.length(); end++) {
            assertThat(read(PLAIN.substring(0, end))).as("first %d bytes", end).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Connection: keep-alive", "connection:KEEP-ALIVE", "Accept: */*", "X-Content-Length: 5", "A:"})
    void read_headerThatChangesNothing_isRecognised(String header) {
        assertThat(read(with(header))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Connection: close",
                "Connection: keep-alive, Upgrade",
                "CONTENT-LENGTH: 0",
                "Transfer-Encoding: chunked",
                "Expect: 100-continue",
                "upgrade: h2c",
                "Host : a",
                " folded",
                "no colon",
                ": no name",
                "Né: a",
                "A: é",
                "A: \u0001",
                "A: b\nC: d"
            })
    void read_headerThatMightChangeSomething_isNotRecognised(String header) {
        assertThat(read(with(header))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HEAD /v1/users?user_id=alice HTTP/1.1",
                "GET /v1/users HTTP/1.1",
                "GET /v1/users/?user_id=alice HTTP/1.1",
                "GET http://a/v1/users?user_id=alice HTTP/1.1",
                "GET /v1/users?user_id=alice HTTP/1.0",
                "GET /v1/users?user_id=alice  HTTP/1.1",
                "GET /v1/users?user_id=alice#x HTTP/1.1",
                "GET /v1/users?user_id=é HTTP/1.1",
                "GET  /v1/users?user_id=alice HTTP/1.1"
            })
    void read_otherRequestLine_isNotRecognised(String line) {
        assertThat(read(line + "\r\nHost: a\r\n\r\n")).isFalse();
    }

    @Test
    void read_otherQueries_areReadAsElsewhere() {
        assertThat(userIdOf("x=1&user_id=b%6Fb")).isEqualTo(UserId.parse("bob"));
        assertThat(userIdOf("user_id=alice&user_id=bob")).isEqualTo(UserId.parse("alice"));
        assertThat(userIdOf("user_id=a+b")).isEqualTo(Malformed.MALFORMED);
        assertThat(userIdOf("user_id=a=b")).isEqualTo(Malformed.MALFORMED);
        assertThat(userIdOf("user_id=")).isEqualTo(Malformed.MALFORMED);
        assertThat(userIdOf("")).isEqualTo(Malformed.MALFORMED);
    }

    @Test
    void read_keys_areToldOfTheFirstHeaderEach() {
        assertThat(read(with("X-API-Key:  one \r\nx-api-key: two\r\nAuthorization: Bearer three")))
                .isTrue();

        assertThat(request.apiKey()).isEqualTo("one");
        assertThat(request.authorization()).isEqualTo("Bearer three");
    }

    @Test
    void read_cacheControl_isNotRecognisedWhereItMatters() {
        ByteBuf in = bytes(with("Cache-Control: no-cache"));

        assertThat(new LookupRequest(8192, false).read(in)).isTrue();
        assertThat(new LookupRequest(8192, true).read(in)).isFalse();
    }

    @Test
    void read_longerThanTheLimits_isNotRecognised() {
        ByteBuf in = bytes(PLAIN);

        assertThat(new LookupRequest(PLAIN.length(), false).read(in)).isTrue();
        assertThat(new LookupRequest(PLAIN.length() - 1, false).read(in)).isFalse();
        assertThat(read(with("X: " + "y".repeat(3000)))).isFalse();
    }

    private Object userIdOf(String query) {
        assertThat(read("GET /v1/users?" + query + " HTTP/1.1\r\n\r\n")).isTrue();
        return request.userId();
    }

    private boolean read(String text) {
        return request.read(bytes(text));
    }

    private static String with(String header) {
        return PLAIN.replace("Host: a", "Host: a\r\n" + header);
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
