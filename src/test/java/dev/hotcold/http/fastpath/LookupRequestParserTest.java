package dev.hotcold.http.fastpath;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.user.ParsedUserId.Malformed;
import dev.hotcold.user.UserId;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LookupRequestParserTest {

    private static final String PLAIN = "GET /v1/users?user_id=alice HTTP/1.1\r\nHost: a\r\n\r\n";

    private final LookupRequestParser request = new LookupRequestParser(8192, false, false);

    @Test
    void parse_plainLookup_isRecognised() {
        assertThat(parse(PLAIN)).isTrue();
        assertThat(request.length()).isEqualTo(PLAIN.length());
        assertThat(request.userId()).isEqualTo(UserId.parse("alice"));
        assertThat(request.authorization()).isNull();
        assertThat(request.apiKey()).isNull();
    }

    @Test
    void parse_anotherRequestBehindIt_leavesThat() {
        assertThat(parse(PLAIN + "GET")).isTrue();
        assertThat(request.length()).isEqualTo(PLAIN.length());
    }

    @Test
    void parse_incomplete_isNotRecognised() {
        for (int end = 0; end < PLAIN.length(); end++) {
            assertThat(parse(PLAIN.substring(0, end))).as("first %d bytes", end).isFalse();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"Connection: keep-alive", "connection:KEEP-ALIVE", "Accept: */*", "X-Content-Length: 5", "A:"})
    void parse_headerThatChangesNothing_isRecognised(String header) {
        assertThat(parse(with(header))).isTrue();
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
    void parse_headerThatMightChangeSomething_isNotRecognised(String header) {
        assertThat(parse(with(header))).isFalse();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "a",
                "a:",
                "a:8080",
                "127.0.0.1:1",
                "[::1]",
                "[::1]:80",
                "a_b.c-d",
                "a%20b",
                "!$&'()*+,;=~",
                " a\t"
            })
    void parse_validHost_isRecognised(String host) {
        assertThat(parse(PLAIN.replace("Host: a", "hOST:" + host))).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "X: a",
                "Host:",
                "Host: a\r\nHost: a",
                "Host: a b",
                "Host: a:b",
                "Host: a:65536",
                "Host: a:000080",
                "Host: u@a",
                "Host: a/b",
                "Host: a,b:1:2",
                "Host: a%2",
                "Host: a%zz",
                "Host: [::1",
                "Host: [::1]x",
                "Host: [::g]",
                "Host: [1:2]",
                "Host: ::1",
                "Host: \"a\"",
                "Host: :80",
            })
    void parse_notOneValidHost_isNotRecognised(String header) {
        assertThat(parse(PLAIN.replace("Host: a", header))).isFalse();
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
    void parse_otherRequestLine_isNotRecognised(String line) {
        assertThat(parse(line + "\r\nHost: a\r\n\r\n")).isFalse();
    }

    @Test
    void parse_otherQueries_areReadAsOnTheOtherPath() {
        assertThat(userIdOf("x=1&user_id=b%6Fb")).isEqualTo(UserId.parse("bob"));
        assertThat(userIdOf("user_id=alice&user_id=bob")).isEqualTo(UserId.parse("alice"));
        assertThat(userIdOf("user_id=a+b")).isEqualTo(Malformed.MALFORMED);
        assertThat(userIdOf("user_id=a=b")).isEqualTo(Malformed.MALFORMED);
        assertThat(userIdOf("user_id=")).isEqualTo(Malformed.MALFORMED);
        assertThat(userIdOf("")).isEqualTo(Malformed.MALFORMED);
    }

    @Test
    void parse_keysTwice_yieldsTheFirstOfEachHeader() {
        assertThat(parse(with("X-API-Key:  one \r\nx-api-key: two\r\nAuthorization: Bearer three")))
                .isTrue();

        assertThat(request.apiKey()).isEqualTo("one");
        assertThat(request.authorization()).isEqualTo("Bearer three");
    }

    @Test
    void parse_cacheControl_isRecognisedOnlyWithoutBypass() {
        ByteBuf in = bytes(with("Cache-Control: no-cache"));

        assertThat(new LookupRequestParser(8192, false, false).parse(in)).isTrue();
        assertThat(new LookupRequestParser(8192, true, false).parse(in)).isFalse();
    }

    @Test
    void parse_maxStaleness_isNotRecognised() {
        assertThat(parse(with("MAX-Staleness: 500"))).isFalse();
        assertThat(parse(with("Max-Stalenes: 500"))).isTrue();
    }

    @Test
    void parse_origin_isRecognisedOnlyWhereItChangesNothing() {
        ByteBuf in = bytes(with("ORIGIN: https://app.example.com"));

        assertThat(new LookupRequestParser(8192, false, false).parse(in)).isTrue();
        assertThat(new LookupRequestParser(8192, false, true).parse(in)).isFalse();
        assertThat(new LookupRequestParser(8192, false, true).parse(bytes(with("Origan: x"))))
                .isTrue();
    }

    @Test
    void parse_longerThanTheLimits_isNotRecognised() {
        ByteBuf in = bytes(PLAIN);

        assertThat(new LookupRequestParser(PLAIN.length(), false, false).parse(in))
                .isTrue();
        assertThat(new LookupRequestParser(PLAIN.length() - 1, false, false).parse(in))
                .isFalse();
        assertThat(parse(with("X: " + "y".repeat(3000)))).isFalse();
    }

    private Object userIdOf(String query) {
        assertThat(parse("GET /v1/users?" + query + " HTTP/1.1\r\nHost: a\r\n\r\n"))
                .isTrue();
        return request.userId();
    }

    private boolean parse(String text) {
        return request.parse(bytes(text));
    }

    private static String with(String header) {
        return PLAIN.replace("Host: a", "Host: a\r\n" + header);
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.wrappedBuffer(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
