package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.http.access.ApiKeys;
import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import dev.hotcold.testkit.Transcript;
import dev.hotcold.testkit.Transcript.Reply;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** CORS_ALLOWED_ORIGINS: which pages may look users up from a browser. Each request first on the fast path, then by Vert.x. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CrossOriginIT {

    private static final String APP = "https://app.example.com";
    private static final String LIST = APP + ", http://localhost:3000";

    private static final String LOOKUP = "GET /v1/users?user_id=alice HTTP/1.1\r\nHost: a\r\n";
    private static final String PREFLIGHT = """
            OPTIONS /v1/users?user_id=alice HTTP/1.1
            Host: a
            Access-Control-Request-Method: GET
            Access-Control-Request-Headers: x-api-key
            """.replace("\n", "\r\n");

    private static final String OTHER = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    private static final String LAST = "GET /v1/users?user_id=last HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    @TempDir
    private Path directory;

    private final Servers servers = Servers.shared();

    @BeforeEach
    void putAlice() {
        servers.put("alice", "app://alice", "Hi");
    }

    @Test
    void notSet_nothingIsSaidOfOrigins() {
        try (TestService service = start()) {
            for (Reply reply : eitherWay(service, LOOKUP + "Origin: " + APP + "\r\n")) {
                assertThat(reply.status()).isEqualTo(200);
                assertThat(reply.headers()).noneMatch(header -> header.matches("(vary|access-control).*"));
            }
            for (Reply reply : eitherWay(service, PREFLIGHT + "Origin: " + APP + "\r\n")) {
                assertThat(reply.status()).isEqualTo(405);
                assertThat(reply.headers()).noneMatch(header -> header.matches("(vary|access-control).*"));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {APP, "http://localhost:3000"})
    void listedOrigin_everyResponseToALookup_mayBeReadByItsPage(String origin) {
        try (TestService service = start("CORS_ALLOWED_ORIGINS", LIST)) {
            for (String line : List.of(
                    "200 GET /v1/users?user_id=alice",
                    "200 HEAD /v1/users?user_id=alice",
                    "404 GET /v1/users?user_id=nobody",
                    "400 GET /v1/users",
                    "405 POST /v1/users")) {
                String request = line.substring(4) + " HTTP/1.1\r\nHost: a\r\nOrigin: " + origin + "\r\n";
                for (Reply reply : eitherWay(service, request)) {
                    assertThat(reply.status()).isEqualTo(Integer.parseInt(line.substring(0, 3)));
                    assertMayBeRead(reply, origin);
                    assertThat(reply.header("vary")).isEqualTo("Origin");
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "Origin: https://other.example.com\r\n",
                "Origin: https://app.example.com.evil.example\r\n",
                "Origin: https://app.example.com:8443\r\n",
                "Origin: http://app.example.com\r\n",
                "Origin: HTTPS://APP.EXAMPLE.COM\r\n",
                "Origin: null\r\n",
                "Origin:\r\n",
                "Origin: https://app.example.com\r\nOrigin: https://other.example.com\r\n",
            })
    void otherOrigin_isAnsweredButItsPageMayNotRead(String header) {
        try (TestService service = start("CORS_ALLOWED_ORIGINS", LIST)) {
            for (Reply reply : eitherWay(service, LOOKUP + header)) {
                assertThat(reply.body()).contains("app://alice");
                assertThat(reply.headers()).noneMatch(each -> each.startsWith("access-control"));
                // Or a cache would give this response to a page that may.
                assertThat(reply.header("vary")).isEqualTo("Origin");
            }
            for (Reply reply : eitherWay(service, PREFLIGHT + header)) {
                assertThat(reply.status()).isEqualTo(405);
                assertThat(reply.headers()).noneMatch(each -> each.startsWith("access-control"));
            }
        }
    }

    @Test
    void preflight_ofAListedOrigin_isAnsweredWithoutAKey() {
        try (TestService service = start("CORS_ALLOWED_ORIGINS", LIST, "API_KEYS_FILE", keys())) {
            for (Reply reply : eitherWay(service, PREFLIGHT + "Origin: " + APP + "\r\n")) {
                assertThat(reply.status()).isEqualTo(204);
                assertThat(reply.body()).isEmpty();
                assertMayBeRead(reply, APP);
                assertThat(reply.header("access-control-allow-methods")).isEqualTo("GET, HEAD");
                assertThat(reply.header("access-control-allow-headers"))
                        .isEqualTo("Authorization, X-API-Key, Cache-Control, Max-Staleness");
                assertThat(reply.header("access-control-max-age")).isEqualTo("7200");
                assertThat(reply.header("vary")).isEqualTo("Authorization, X-API-Key, Origin");
                assertThat(reply.header("cache-control")).isEqualTo("no-store");
                assertThat(reply.header("content-length")).isEmpty();
            }
            Response http2 = service.sendHttp2(
                    "OPTIONS", "/v1/users", Map.of("origin", APP, "access-control-request-method", "GET"));
            assertThat(http2.status()).isEqualTo(204);
            assertThat(http2.header("access-control-allow-origin")).isEqualTo(APP);
            // What the page then sends does need one; and it is told so.
            for (Reply reply : eitherWay(service, LOOKUP + "Origin: " + APP + "\r\n")) {
                assertThat(reply.status()).isEqualTo(401);
                assertMayBeRead(reply, APP);
            }
            for (Reply reply : eitherWay(service, LOOKUP + "Origin: " + APP + "\r\nX-API-Key: the-key\r\n")) {
                assertThat(reply.status()).isEqualTo(200);
                assertMayBeRead(reply, APP);
            }
        }
    }

    /** OPTIONS alone asks for nothing that there is. */
    @Test
    void options_thatIsNoPreflight_isRefused() {
        try (TestService service = start("CORS_ALLOWED_ORIGINS", LIST)) {
            String options = "OPTIONS /v1/users HTTP/1.1\r\nHost: a\r\n";
            for (String headers : List.of("Origin: " + APP + "\r\n", "Access-Control-Request-Method: GET\r\n")) {
                for (Reply reply : eitherWay(service, options + headers)) {
                    assertThat(reply.status()).isEqualTo(405);
                }
            }
        }
    }

    @Test
    void everyOrigin_everyResponseToALookup_mayBeReadByAnyPageWithoutCredentials() {
        try (TestService service = start("CORS_ALLOWED_ORIGINS", "*")) {
            for (String header : List.of("", "Origin: " + APP + "\r\n", "Origin: null\r\n")) {
                for (Reply reply : eitherWay(service, LOOKUP + header)) {
                    assertThat(reply.status()).isEqualTo(200);
                    assertMayBeRead(reply, "*");
                    assertThat(reply.header("vary")).isEmpty();
                }
            }
            for (Reply reply : eitherWay(service, PREFLIGHT + "Origin: " + APP + "\r\n")) {
                assertThat(reply.status()).isEqualTo(204);
                assertMayBeRead(reply, "*");
                assertThat(reply.header("access-control-allow-headers")).contains("X-API-Key");
            }
        }
    }

    /** Health, pages and problems of other routes are for this origin. */
    @Test
    void otherRoutes_ofAListedOrigin_mayNotBeRead() {
        try (TestService service = start("CORS_ALLOWED_ORIGINS", "*")) {
            for (String path : List.of("/healthz", "/readyz", "/openapi.yaml", "/nowhere")) {
                for (Reply reply :
                        eitherWay(service, "GET " + path + " HTTP/1.1\r\nHost: a\r\nOrigin: " + APP + "\r\n")) {
                    assertThat(reply.headers()).noneMatch(each -> each.startsWith("access-control"));
                }
            }
        }
    }

    private static void assertMayBeRead(Reply reply, String origin) {
        assertThat(reply.headers().stream()
                        .filter(header -> header.startsWith("access-control-allow-origin"))
                        .toList())
                .containsExactly("access-control-allow-origin: " + origin);
        assertThat(reply.header("access-control-expose-headers"))
                .isEqualTo("Cache-Status, Retry-After, WWW-Authenticate");
        assertThat(reply.headers()).noneMatch(header -> header.contains("credentials"));
    }

    private TestService start(String... settings) {
        return TestService.start(servers, new String[] {"REQUEST_TIMEOUT_MS", "20000"}, settings);
    }

    private String keys() {
        return Authority.write(directory.resolve("keys"), ApiKeys.line("web", "the-key"))
                .toString();
    }

    private static List<Reply> eitherWay(TestService service, String request) {
        List<Reply> first =
                Transcript.of(service.port(), request + "\r\n" + LAST).replies();
        List<Reply> second =
                Transcript.of(service.port(), OTHER + request + "\r\n" + LAST).replies();
        return List.of(first.getFirst(), second.get(1));
    }
}
