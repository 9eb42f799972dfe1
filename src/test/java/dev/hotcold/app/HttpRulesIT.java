package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.LoggedWarnings;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import dev.hotcold.testkit.Transcript;
import dev.hotcold.testkit.Transcript.End;
import dev.hotcold.testkit.Transcript.Reply;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The rules of HTTP/1.1 (RFC 9110, RFC 9112), for requests on a new connection, which is on the fast path, and for the same
 * bytes behind a request that Vert.x has read.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HttpRulesIT {

    private static final String LOOKUP = "GET /v1/users?user_id=alice HTTP/1.1";
    private static final String HOST = "Host: a\r\n";

    /** Read by Vert.x. */
    private static final String OTHER = "GET /healthz HTTP/1.1\r\n" + HOST + "\r\n";

    /** The last request on a connection, which tells whether the one before was read to its end and not further. */
    private static final String LAST = "GET /v1/users?user_id=last HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n";

    private static Servers servers;
    private static TestService service;
    private static LoggedWarnings warnings;

    @BeforeAll
    static void start() {
        servers = Servers.shared();
        servers.put("alice", "app://alice", "Hi");
        servers.put("last", "app://last", "Bye");
        service = TestService.start(servers, "REQUEST_TIMEOUT_MS", "20000");
        await().until(() -> service.lookup("alice").body().contains("ok:redis"));
        warnings = LoggedWarnings.begin();
    }

    @AfterAll
    static void stop() {
        warnings.close();
        service.close();
        assertThat(warnings.lines()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Upgrade: h2c\r\n",
                "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n",
                "Upgrade: h2c\r\nConnection: Upgrade\r\n",
                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAECAwQFBgcICQoLDA0ODw==\r\n",
                "Upgrade: TLS/1.0\r\nConnection: Upgrade\r\n",
                "Sec-WebSocket-Key1: a\r\nSec-WebSocket-Key2: b\r\n",
                "X: \u00e9\r\n",
                "X:\r\n",
                "Expect: 100-continue\r\n",
                "Content-Length: 5\r\n\r\n12345",
                "Transfer-Encoding: chunked\r\n\r\n5;a=b\r\n12345\r\n0\r\nT: x\r\n\r\n",
                "TRANSFER-ENCODING: Chunked\r\n\r\n0\r\n\r\n",
            })
    void lookup_withHeadersThatChangeNothing_isAnsweredAndTheNextToo(String headers) {
        String end = headers.contains("\r\n\r\n") ? "" : "\r\n";
        for (List<Reply> replies : eitherWay(LOOKUP + "\r\n" + HOST + headers + end)) {
            assertThat(replies).hasSize(2);
            assertThat(replies.getFirst().status()).isEqualTo(200);
            assertThat(replies.getFirst().body()).contains("app://alice");
            assertThat(replies.getLast().body()).contains("app://last");
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"close", "close, TE", "TE, close", "keep-alive, close", "x,CLOSE ,", "TE\r\nConnection: close"})
    void lookup_thatAsksToClose_isTheLast(String options) {
        for (List<Reply> replies : eitherWay(LOOKUP + "\r\n" + HOST + "Connection: " + options + "\r\n\r\n")) {
            assertThat(replies).hasSize(1);
            assertThat(replies.getFirst().status()).isEqualTo(200);
            assertThat(replies.getFirst().saysClose()).isTrue();
        }
    }

    @Test
    void chunk_withALongExtension_isMalformed() {
        String chunked = LOOKUP + "\r\n" + HOST + "Transfer-Encoding: chunked\r\n\r\n5;" + "a".repeat(100_000);
        for (List<Reply> replies : eitherWay(chunked + "\r\n12345\r\n0\r\n\r\n")) {
            assertThat(replies).hasSize(1);
            assertThat(replies.getFirst().status()).isEqualTo(400);
        }
    }

    @Test
    void upgrade_inAnyForm_isNeverHonoured() {
        String upgrade = "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n";
        for (String start : List.of(
                LOOKUP + "\r\n" + HOST,
                "GET /v1/users?user_id=alice HTTP/1.0\r\n",
                "GET /healthz HTTP/1.1\r\n" + HOST,
                "POST /v1/users HTTP/1.1\r\nHost: a b\r\n",
                "OPTIONS * HTTP/1.1\r\n" + HOST)) {
            for (List<Reply> replies : eitherWay(start + upgrade + "\r\n")) {
                assertThat(replies).noneMatch(reply -> reply.status() == 101).isNotEmpty();
            }
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                GET /v1/users?user_id=alice HTTP/1.2    | 200
                GET /v1/users?user_id=alice HTTP/1.9    | 200
                GET http://a/v1/users?user_id=alice HTTP/1.1 | 200
                HEAD /v1/users?user_id=alice HTTP/1.1   | 200
                GET /nix HTTP/1.1                       | 404
                POST /v1/users?user_id=alice HTTP/1.1   | 405
                get /v1/users?user_id=alice HTTP/1.1    | 405
                OPTIONS * HTTP/1.1                      | 405
                TRACE /healthz HTTP/1.1                 | 405
                """)
    void requestLine_wellFormed_isAnsweredAndTheNextToo(String line, int status) {
        for (List<Reply> replies : eitherWay(line + "\r\n" + HOST + "\r\n")) {
            assertThat(replies).hasSize(2);
            assertThat(replies.getFirst().status()).isEqualTo(status);
            assertThat(replies.getLast().body()).contains("app://last");
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                GET /v1/users?user_id=alice HTTP/2.0    | 505
                GET /v1/users?user_id=alice HTTP/0.9    | 505
                GET /v1/users?user_id=alice FOO/1.1     | 400
                GET /v1/users?user_id=alice http/1.1    | 400
                GET /v1/users?user_id=alice HTTP/1.10   | 400
                GET /v1/users?user_id=alice HTTP/1      | 400
                GET /v1/users?user_id=alice             | 400
                GET  /v1/users?user_id=alice HTTP/1.1   | 400
                GET /v1/users?user_id=alice  HTTP/1.1   | 400
                GET /v1/users?user_id=a lice HTTP/1.1   | 400
                GET /v1/users?user_id=alice#x HTTP/1.1  | 400
                GET /v1/users?user_id=\u00e9 HTTP/1.1   | 400
                GET v1/users?user_id=alice HTTP/1.1     | 400
                GET * HTTP/1.1                          | 400
                GET ftp://a/v1/users HTTP/1.1           | 400
                GET http:///v1/users HTTP/1.1           | 400
                G(T / HTTP/1.1                          | 400
                CONNECT / HTTP/1.1                      | 400
                CONNECT a:443 HTTP/1.1                  | 405
                hello                                   | 400
                """)
    void requestLine_malformed_isRefusedAndTheConnectionClosed(String line, int status) {
        assertRefused(line + "\r\n" + HOST + "\r\n", status);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Host: a\r\nHost: a\r\n",
                "Host: a\r\nHost: b\r\n",
                "Host:\r\n",
                "Host: a b\r\n",
                "Host: a@b\r\n",
                "Host: a:b\r\n",
                "Host: a:65536\r\n",
                "Host: a/b\r\n",
                "Host: a, b\r\n",
                "Host: [::1\r\n",
                "Host: \u00e9\r\n",
            })
    void host_notOneValid_isRefusedAndTheConnectionClosed(String host) {
        assertRefused(LOOKUP + "\r\n" + host + "\r\n", 400);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/v1/users?user_id=alice",
                "http://a/v1/users?user_id=alice",
                "/v1/users",
                "/healthz",
                "/readyz",
                "/openapi.yaml",
                "/swagger",
                "/swagger/",
                "/nowhere",
                "/",
            })
    void host_notOneValid_isRefusedOnEveryRouteAndOnTheManagementPort(String target) {
        for (String host : List.of("", "Host: a\r\nHost: a\r\n", "Host: a b\r\n", "Host:\r\n", "hOST: a@b\r\n")) {
            String request = "GET " + target + " HTTP/1.1\r\n" + host + "\r\n";
            assertRefused(request, 400);

            Transcript managed = Transcript.of(service.service().managementPort(), request + LAST);
            assertThat(managed.replies()).hasSize(1);
            assertThat(managed.replies().getFirst().status()).isEqualTo(400);
            assertThat(managed.replies().getFirst().saysClose()).isTrue();
            assertThat(managed.end()).isEqualTo(End.CLOSED);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                ": x\r\n",
                "X : x\r\n",
                "X\t: x\r\n",
                "X: a\r\n b\r\n",
                "X: a\r\n\tb\r\n",
                "X: a\rb\r\n",
                "X: a\n",
                "X: a\nY: b\r\n",
                "X: a\u0000b\r\n",
                "X: a\u0001b\r\n",
                "X: \u000bb\r\n",
                "X: \u007f\r\n",
                "X(: a\r\n",
                "\u00e9: a\r\n",
                "no colon\r\n",
                "Content-Length: 0\r\nContent-Length: 5\r\n",
                "Content-Length: +5\r\n",
                "Content-Length: -1\r\n",
                "Content-Length: 0x5\r\n",
                "Content-Length: 5, 5\r\n",
                "Content-Length: 5 5\r\n",
                "Content-Length:\r\n",
                "Content-Length: 99999999999999999999\r\n",
                "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n",
                "Transfer-Encoding: xchunked\r\n",
                "Transfer-Encoding: chunkedx\r\n",
                "Transfer-Encoding: chunked, identity\r\n",
                "Transfer-Encoding: identity\r\n",
                "Transfer-Encoding:\r\n",
                "Transfer-Encoding: \u000bchunked\r\n",
                "Transfer-Encoding: chunked, chunked\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
                "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n",
                "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
                "Transfer-Encoding: chunked\r\n\r\n+5\r\n12345\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n0x5\r\n12345\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n5\n12345\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n5\r\n1234567\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\n5 \r\n12345\r\n0\r\n\r\n",
                "Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n",
                "Transfer-Encoding: chunked\r\n\r\n0\r\n: x\r\n\r\n",
            })
    void headersOrBody_malformed_areRefusedAndTheConnectionClosed(String headers) {
        assertRefused(LOOKUP + "\r\n" + HOST + headers + "\r\n", 400);
    }

    @Test
    void transferEncoding_inHttp10_isRefused() {
        assertRefused("GET /v1/users?user_id=alice HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
    }

    @Test
    void whatTheServerDoesNotHave_isRefusedAsSuch() {
        assertRefused(LOOKUP + "\r\n" + HOST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 501);
        assertRefused(LOOKUP + "\r\n" + HOST + "Expect: something\r\n\r\n", 417);
        assertRefused("GET /" + "x".repeat(9000) + " HTTP/1.1\r\n" + HOST + "\r\n", 414);
        assertRefused(LOOKUP + "\r\n" + HOST + "X: " + "y".repeat(20_000) + "\r\n\r\n", 431);
    }

    /** The client may leave the body out once it has the response, so nothing behind is a request. */
    @Test
    void expectation_withABody_isAnsweredBeforeTheBodyAndTheConnectionClosed() {
        String request = LOOKUP + "\r\n" + HOST + "Expect: 100-continue\r\nContent-Length: 5\r\n\r\n";
        for (List<Reply> replies : eitherWay(request)) {
            assertThat(replies).hasSize(1);
            assertThat(replies.getFirst().status()).isEqualTo(200);
            assertThat(replies.getFirst().saysClose()).isTrue();
        }
    }

    @Test
    void http10_withoutHost_isAnsweredAsHttp11AndClosedUnlessKeptAlive() {
        String request = "GET /v1/users?user_id=alice HTTP/1.0\r\n";
        for (List<Reply> replies : eitherWay(request + "\r\n")) {
            assertThat(replies).hasSize(1);
            assertThat(replies.getFirst().status()).isEqualTo(200);
            assertThat(replies.getFirst().saysClose()).isTrue();
        }
        for (List<Reply> replies : eitherWay(request + "Connection: keep-alive\r\n\r\n")) {
            assertThat(replies).hasSize(2);
            assertThat(replies.getFirst().header("connection")).isEqualTo("keep-alive");
        }
    }

    /** More than the kernel holds for a socket: it is all read, or the reset overtakes the response. */
    @ParameterizedTest
    @ValueSource(ints = {100_000, 8_000_000})
    void refusal_unreadBytesBehind_reachesTheClient(int bytes) {
        for (String request : List.of(
                LOOKUP + "\r\n" + HOST + ": x\r\n\r\n",
                "GET /" + "x".repeat(9000) + " HTTP/1.1\r\n" + HOST + "\r\n",
                LOOKUP + "\r\n" + HOST + "Connection: close\r\n\r\n")) {
            Transcript transcript = Transcript.of(service.port(), request + "x".repeat(bytes));

            assertThat(transcript.replies()).hasSize(1);
            assertThat(transcript.replies().getFirst().saysClose()).isTrue();
            assertThat(transcript.end()).isEqualTo(End.CLOSED);
        }
    }

    private static void assertRefused(String request, int status) {
        for (List<Reply> replies : eitherWay(request)) {
            assertThat(replies).hasSize(1);
            assertThat(replies.getFirst().status()).isEqualTo(status);
            assertThat(replies.getFirst().saysClose()).isTrue();
            assertThat(replies.getFirst().header("content-type")).isEqualTo("application/problem+json");
        }
    }

    /** The responses to a request, without that of {@link #OTHER}, when it comes first and when it comes behind that. */
    private static List<List<Reply>> eitherWay(String request) {
        Transcript first = Transcript.of(service.port(), request + LAST);
        Transcript second = Transcript.of(service.port(), OTHER + request + LAST);
        assertThat(List.of(first, second)).allSatisfy(transcript -> {
            assertThat(transcript.end()).isEqualTo(End.CLOSED);
            assertThat(transcript.replies().getLast().saysClose()).isTrue();
            assertThat(transcript.replies()).allSatisfy(reply -> {
                assertThat(reply.statusLine()).startsWith("HTTP/1.1 ");
                assertThat(reply.header("date")).isNotEmpty();
            });
        });
        assertThat(second.replies().getFirst().body()).contains("alive");
        return List.of(
                first.replies(), second.replies().subList(1, second.replies().size()));
    }
}
