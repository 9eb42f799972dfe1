package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.LoggedWarnings;
import dev.hotcold.testkit.RawHttp2Client;
import dev.hotcold.testkit.RawHttp2Client.Frame;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.netty.pkitesting.X509Bundle;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The rules of HTTP/2 for a request (RFC 9113, section 8): one that is malformed ends its stream with PROTOCOL_ERROR, not its
 * connection, and no client writes the log. With and without TLS, which fails pending writes in another order.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class Http2RulesIT {

    private static final int PROTOCOL_ERROR = 1;
    private static final List<String> LOOKUP =
            List.of(":method", "GET", ":scheme", "https", ":path", "/v1/users?user_id=alice", ":authority", "a");

    private static Servers servers;
    private static TestService plain;
    private static TestService encrypted;
    private static SSLContext tls;
    private static LoggedWarnings warnings;

    @BeforeAll
    static void start(@TempDir Path directory) {
        servers = Servers.shared();
        servers.put("alice", "app://alice", "Hi");
        Authority authority = Authority.named("The authority");
        X509Bundle identity = authority.issue("localhost");
        Path chain = Authority.write(directory.resolve("chain.pem"), identity.getCertificatePathPEM());
        Path key = Authority.write(directory.resolve("key.pem"), identity.getPrivateKeyPEM());
        plain = TestService.start(servers, "REQUEST_TIMEOUT_MS", "20000");
        encrypted = TestService.start(
                servers,
                "REQUEST_TIMEOUT_MS",
                "20000",
                "TLS_CERT_FILE",
                chain.toString(),
                "TLS_KEY_FILE",
                key.toString());
        tls = authority.trusting();
        warnings = LoggedWarnings.begin();
    }

    @AfterAll
    static void stop() {
        warnings.close();
        plain.close();
        encrypted.close();
    }

    /** Name=value is there instead of the pseudo-header of that name, or further; name alone takes it away. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                ":method",
                ":scheme",
                ":path",
                ":authority",
                ":method=",
                ":method=G T",
                ":method=GET\r\nX: y",
                ":scheme=",
                ":scheme=ht tp",
                ":path=",
                ":path=*",
                ":path=v1",
                ":path=/a b",
                ":path=/#x",
                ":path=/\u00e9",
                ":path=http://a/v1/users",
                ":authority=",
                ":authority=a b",
                ":authority=u@a",
                ":authority=a:99999",
                ":status=200",
                ":unknown=x",
                "host=b",
                "connection=close",
                "keep-alive=x",
                "proxy-connection=x",
                "transfer-encoding=chunked",
                "upgrade=h2c",
                "te=gzip",
                "X-Upper=x",
                "a b=x",
                "=x",
                "x=a\r\nb",
                "x=a\u0000b",
                "x= a",
                "content-length=5",
                "content-length=+0",
                "content-length=x",
            })
    void request_malformed_endsItsStreamOnly(String change) {
        assertStreamRefused(changed(change));
    }

    @Test
    void request_pseudoHeadersTwiceOrLate_endsItsStreamOnly() {
        assertStreamRefused(concat(LOOKUP, List.of(":method", "GET")));
        assertStreamRefused(concat(LOOKUP, List.of(":path", "/")));
        assertStreamRefused(concat(List.of("x", "y"), LOOKUP));
        assertStreamRefused(concat(LOOKUP, List.of("host", "a", "host", "a")));
        assertStreamRefused(concat(changed(":authority=a b"), List.of("host", "a")));
        assertStreamRefused(List.of(":method", "CONNECT", ":authority", "a:1", ":path", "/", ":scheme", "https"));
    }

    @Test
    void request_wellFormed_isAnswered() {
        assertStatus(LOOKUP, 200);
        assertStatus(concat(LOOKUP, List.of("host", "A", "te", "trailers", "x", "\u00e9", "content-length", "0")), 200);
        assertStatus(concat(changed(":authority"), List.of("host", "a")), 200);
        assertStatus(List.of(":method", "OPTIONS", ":scheme", "http", ":path", "*", ":authority", "a"), 405);
        assertStatus(List.of(":method", "CONNECT", ":authority", "a:1"), 405);
    }

    @Test
    void data_otherThanContentLengthSays_endsItsStreamOnly() {
        for (RawHttp2Client client : clients()) {
            try (client) {
                client.headers(1, false, concat(LOOKUP, List.of("content-length", "2")))
                        .data(1, true, 5)
                        .headers(3, true, LOOKUP);

                assertThat(client.await(RawHttp2Client.RST_STREAM))
                        .isEqualTo(new Frame(RawHttp2Client.RST_STREAM, 1, PROTOCOL_ERROR));
            }
        }
    }

    /** What fails behind them must not be reported to streams that Vert.x has never known. */
    @Test
    void connection_failsBehindMalformedRequests_writesNoWarning() {
        for (int requests : new int[] {1, 20, 300}) {
            for (String change : List.of(":scheme", ":path", "content-length=5", "X=y")) {
                for (RawHttp2Client client : clients()) {
                    try (client) {
                        for (int i = 0; i < requests; i++) {
                            client.headers(1 + 2 * i, false, changed(change));
                        }
                        // Longer than a frame may be.
                        client.data(1, true, 20_000).awaitEnd();
                    } catch (UncheckedIOException closed) {
                        // The service has ended the connection before all was sent.
                    }
                }
            }
        }
        await().until(() -> plain.lookup("alice").status() == 200);
        assertThat(warnings.lines()).isEmpty();
    }

    private static void assertStreamRefused(List<String> headers) {
        for (RawHttp2Client client : clients()) {
            try (client) {
                client.headers(1, true, headers).headers(3, true, LOOKUP);

                assertThat(client.await(RawHttp2Client.RST_STREAM))
                        .isEqualTo(new Frame(RawHttp2Client.RST_STREAM, 1, PROTOCOL_ERROR));
                assertThat(client.await(RawHttp2Client.HEADERS)).isEqualTo(new Frame(RawHttp2Client.HEADERS, 3, 200));
            }
        }
        assertThat(warnings.lines()).isEmpty();
    }

    private static void assertStatus(List<String> headers, int status) {
        for (RawHttp2Client client : clients()) {
            try (client) {
                assertThat(client.headers(1, true, headers).await(RawHttp2Client.HEADERS))
                        .isEqualTo(new Frame(RawHttp2Client.HEADERS, 1, status));
            }
        }
    }

    private static List<RawHttp2Client> clients() {
        return List.of(RawHttp2Client.connect(plain.port()), RawHttp2Client.connect(encrypted.port(), tls));
    }

    private static List<String> changed(String change) {
        int equals = change.indexOf('=');
        String name = equals < 0 ? change : change.substring(0, equals);
        List<String> headers = new ArrayList<>();
        boolean replaced = false;
        for (int i = 0; i < LOOKUP.size(); i += 2) {
            if (!LOOKUP.get(i).equals(name)) {
                headers.addAll(LOOKUP.subList(i, i + 2));
            } else if (equals >= 0) {
                headers.addAll(List.of(name, change.substring(equals + 1)));
                replaced = true;
            }
        }
        if (equals >= 0 && !replaced) {
            headers.addAll(List.of(name, change.substring(equals + 1)));
        }
        return headers;
    }

    private static List<String> concat(List<String> first, List<String> second) {
        List<String> all = new ArrayList<>(first);
        all.addAll(second);
        return all;
    }
}
