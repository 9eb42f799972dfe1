package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.http.access.ApiKeys;
import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TableLock;
import dev.hotcold.testkit.TestService;
import dev.hotcold.testkit.Transcript;
import dev.hotcold.testkit.Transcript.Reply;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * What responses say to caches (RFC 9111): on the fast path, through Vert.x, over HTTP/2 and on the management port. A response
 * that says nothing may be kept for as long as a cache sees fit.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HttpCachingIT {

    private static final String HOST = "Host: a\r\n";

    /** Read by Vert.x. */
    private static final String OTHER = "GET /healthz HTTP/1.1\r\n" + HOST + "\r\n";

    private static final String LAST = "GET /v1/users?user_id=last HTTP/1.1\r\n" + HOST + "Connection: close\r\n\r\n";

    @TempDir
    private Path directory;

    private final Servers servers = Servers.shared();

    @BeforeEach
    void putAlice() {
        servers.put("alice", "app://alice", "Hi");
    }

    @Test
    void everyResponse_byDefault_isKeptByNoCache() {
        try (TestService service = start()) {
            awaitHit(service);
            for (String request : List.of(
                    "200 GET /v1/users?user_id=alice HTTP/1.1\r\n" + HOST,
                    "200 HEAD /v1/users?user_id=alice HTTP/1.1\r\n" + HOST,
                    "200 GET /v1/users?user_id=alice&x=%20 HTTP/1.1\r\n" + HOST,
                    "200 GET http://a/v1/users?user_id=alice HTTP/1.1\r\n" + HOST,
                    "200 GET /v1/users?user_id=alice HTTP/1.0\r\n",
                    "404 GET /v1/users?user_id=nobody HTTP/1.1\r\n" + HOST,
                    "400 GET /v1/users?user_id=no+body HTTP/1.1\r\n" + HOST,
                    "400 GET /v1/users HTTP/1.1\r\n" + HOST,
                    "405 POST /v1/users HTTP/1.1\r\n" + HOST,
                    "405 OPTIONS /v1/users HTTP/1.1\r\n" + HOST,
                    "405 OPTIONS * HTTP/1.1\r\n" + HOST,
                    "404 GET /nowhere HTTP/1.1\r\n" + HOST,
                    "404 GET / HTTP/1.1\r\n" + HOST,
                    "308 GET /swagger HTTP/1.1\r\n" + HOST,
                    "405 POST /healthz HTTP/1.1\r\n" + HOST,
                    "200 GET /healthz HTTP/1.1\r\n" + HOST,
                    "200 GET /readyz HTTP/1.1\r\n" + HOST,
                    "400 GET /v1/users?user_id=alice HTTP/1.1\r\n",
                    "400 GET /v1/users?user_id=alice HTTP/1.1\r\n: x\r\n" + HOST,
                    "414 GET /v1/users?user_id=" + "a".repeat(9_000) + " HTTP/1.1\r\n" + HOST,
                    "431 GET /v1/users?user_id=alice HTTP/1.1\r\nX: " + "a".repeat(20_000) + "\r\n" + HOST,
                    "417 GET /v1/users?user_id=alice HTTP/1.1\r\nExpect: all\r\n" + HOST,
                    "501 GET /v1/users?user_id=alice HTTP/1.1\r\nTransfer-Encoding: gzip, chunked\r\n" + HOST,
                    "505 GET /v1/users?user_id=alice HTTP/2.0\r\n" + HOST)) {
                int status = Integer.parseInt(request.substring(0, 3));
                for (Reply reply : eitherWay(service, request.substring(4))) {
                    assertThat(reply.status()).as(request).isEqualTo(status);
                    assertThat(values(reply, "cache-control")).as(request).containsExactly("no-store");
                    assertThat(values(reply, "vary")).as(request).isEmpty();
                }
            }
        }
    }

    @Test
    void everyResponseOverHttp2_byDefault_isKeptByNoCache() {
        try (TestService service = start()) {
            for (String request : List.of(
                    "200 GET /v1/users?user_id=alice",
                    "200 HEAD /v1/users?user_id=alice",
                    "404 GET /v1/users?user_id=nobody",
                    "400 GET /v1/users?user_id=",
                    "405 POST /v1/users?user_id=alice",
                    "404 GET /nowhere",
                    "308 GET /swagger",
                    "200 GET /healthz",
                    "200 GET /readyz",
                    "414 GET /v1/users?user_id=" + "a".repeat(5_000))) {
                String[] parts = request.split(" ", -1);
                Response response = service.sendHttp2(parts[1], parts[2], Map.of());

                assertThat(response.status()).as(request).isEqualTo(Integer.parseInt(parts[0]));
                assertThat(response.headers().getAll("Cache-Control"))
                        .as(request)
                        .containsExactly("no-store");
            }
        }
    }

    @Test
    void everyResponseOfTheManagementPort_isKeptByNoCache() {
        try (TestService service = start()) {
            for (String request : List.of(
                    "200 GET /metrics",
                    "200 GET /healthz",
                    "200 GET /readyz",
                    "200 GET /",
                    "404 GET /nowhere",
                    "405 POST /metrics")) {
                String[] parts = request.split(" ", -1);
                Response response = service.manage(parts[1], parts[2]);

                assertThat(response.status()).as(request).isEqualTo(Integer.parseInt(parts[0]));
                assertThat(response.headers().getAll("Cache-Control"))
                        .as(request)
                        .containsExactly("no-store");
            }
            Transcript malformed = Transcript.of(service.service().managementPort(), "GET /metrics HTTP/1.1\r\n\r\n");
            assertThat(malformed.replies().getFirst().status()).isEqualTo(400);
            assertThat(values(malformed.replies().getFirst(), "cache-control")).containsExactly("no-store");
        }
    }

    /** They are the same for everybody, and tell whether they have changed. */
    @Test
    void pages_areKeptButRevalidated() {
        try (TestService service = start("HTTP_CACHE_SECONDS", "60")) {
            for (String path : List.of("/swagger/", "/swagger/swagger-ui.css", "/openapi.yaml")) {
                Response page = service.get(path);

                assertThat(page.headers().getAll("Cache-Control")).containsExactly("no-cache");
                assertThat(page.header("ETag")).isNotEmpty();
            }
        }
    }

    @Test
    void noStoreAnswers_isKeptByNoCache() {
        try (TestService service = start("REQUEST_TIMEOUT_MS", "300", "HTTP_CACHE_SECONDS", "60");
                var _ = TableLock.take(servers)) {
            Response response = service.lookup("bob");

            assertThat(response.status()).isEqualTo(500);
            assertThat(response.headers().getAll("Cache-Control")).containsExactly("no-store");
        }
    }

    @Test
    void tooManyConnections_isKeptByNoCache() {
        try (TestService service = start("HTTP_MAX_CONNECTIONS", "1");
                RawClient first = RawClient.connect(service.port())) {
            assertThat(first.lookup("alice").status()).isEqualTo(200);
            Reply refusal = Transcript.of(service.port(), "").replies().getFirst();

            assertThat(refusal.status()).isEqualTo(503);
            assertThat(values(refusal, "cache-control")).containsExactly("no-store");
        }
    }

    /** A cache knows that Authorization is a matter between two, but not that X-API-Key is. */
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                0  | no-store
                60 | private, max-age=60
                """)
    void lookups_withKeys_varyWithThemAndOnlyTheCallerKeepsAUser(String seconds, String user) {
        Path keys = Authority.write(directory.resolve("keys"), ApiKeys.line("web", "the-key"));
        try (TestService service = start("API_KEYS_FILE", keys.toString(), "HTTP_CACHE_SECONDS", seconds)) {
            String key = HOST + "X-API-Key: the-key\r\n";
            for (String request : List.of(
                    "200 GET /v1/users?user_id=alice HTTP/1.1\r\n" + key,
                    "200 HEAD /v1/users?user_id=alice HTTP/1.1\r\n" + key,
                    "404 GET /v1/users?user_id=nobody HTTP/1.1\r\n" + key,
                    "400 GET /v1/users?user_id= HTTP/1.1\r\n" + key,
                    "405 POST /v1/users?user_id=alice HTTP/1.1\r\n" + key,
                    "401 GET /v1/users?user_id=alice HTTP/1.1\r\n" + HOST,
                    "401 GET /v1/users?user_id=alice HTTP/1.1\r\nX-API-Key: wrong\r\n" + HOST,
                    "401 POST /v1/users?user_id=alice HTTP/1.1\r\n" + HOST)) {
                int status = Integer.parseInt(request.substring(0, 3));
                for (Reply reply : eitherWay(service, request.substring(4))) {
                    assertThat(reply.status()).as(request).isEqualTo(status);
                    assertThat(values(reply, "vary")).as(request).containsExactly("Authorization, X-API-Key");
                    assertThat(values(reply, "cache-control"))
                            .as(request)
                            .containsExactly(status == 200 ? user : "no-store");
                }
            }
            Response http2 = service.sendHttp2("GET", "/v1/users?user_id=alice", Map.of("x-api-key", "the-key"));
            assertThat(http2.status()).isEqualTo(200);
            assertThat(http2.header("Vary")).isEqualTo("Authorization, X-API-Key");
            assertThat(http2.header("Cache-Control")).isEqualTo(user);
        }
    }

    /** {@code public} is never said: it would let a cache keep what somebody in front gave for an Authorization of its own. */
    @Test
    void cacheSeconds_withoutKeys_letAnyCacheKeepAUserButNothingElse() {
        try (TestService service = start("HTTP_CACHE_SECONDS", "60")) {
            for (String request : List.of(
                    "200 GET /v1/users?user_id=alice HTTP/1.1\r\n" + HOST,
                    "200 HEAD /v1/users?user_id=alice HTTP/1.1\r\n" + HOST,
                    "404 GET /v1/users?user_id=nobody HTTP/1.1\r\n" + HOST,
                    "400 GET /v1/users?user_id= HTTP/1.1\r\n" + HOST,
                    "405 POST /v1/users?user_id=alice HTTP/1.1\r\n" + HOST)) {
                int status = Integer.parseInt(request.substring(0, 3));
                for (Reply reply : eitherWay(service, request.substring(4))) {
                    assertThat(reply.status()).as(request).isEqualTo(status);
                    assertThat(values(reply, "cache-control"))
                            .as(request)
                            .containsExactly(status == 200 ? "max-age=60" : "no-store");
                }
            }
        }
    }

    /** So that a cache that ignores the directive gives neither of them to who wants the other. */
    @ParameterizedTest
    @ValueSource(strings = {"0", "60"})
    void bypass_on_responsesVaryWithItAndTheBypassingOneIsNotKept(String seconds) {
        try (TestService service = start("CACHE_BYPASS", "on", "HTTP_CACHE_SECONDS", seconds)) {
            String request = "GET /v1/users?user_id=alice HTTP/1.1\r\n" + HOST;
            for (Reply reply : eitherWay(service, request)) {
                assertThat(reply.header("vary")).isEqualTo("Cache-Control");
                assertThat(reply.header("cache-control")).isEqualTo(seconds.equals("0") ? "no-store" : "max-age=60");
            }
            for (String fields : List.of("", "Cache-Control: max-age=0\r\n")) {
                for (Reply reply : eitherWay(service, request + fields + "Cache-Control: no-cache\r\n")) {
                    assertThat(reply.body()).contains("ok:postgres");
                    assertThat(reply.header("vary")).isEqualTo("Cache-Control");
                    assertThat(reply.header("cache-control")).isEqualTo("no-store");
                }
            }
        }
    }

    private TestService start(String... settings) {
        return TestService.start(servers, new String[] {"REQUEST_TIMEOUT_MS", "20000"}, settings);
    }

    private static void awaitHit(TestService service) {
        await().until(() -> service.lookup("alice").body().contains("ok:redis"));
    }

    /** The response to a request that comes first, and to one that comes behind another which Vert.x has read. */
    private static List<Reply> eitherWay(TestService service, String request) {
        List<Reply> first =
                Transcript.of(service.port(), request + "\r\n" + LAST).replies();
        List<Reply> second =
                Transcript.of(service.port(), OTHER + request + "\r\n" + LAST).replies();
        return List.of(first.getFirst(), second.get(1));
    }

    private static List<String> values(Reply reply, String name) {
        List<String> values = new ArrayList<>();
        for (String header : reply.headers()) {
            if (header.startsWith(name + ": ")) {
                values.add(header.substring(name.length() + 2));
            }
        }
        return values;
    }
}
