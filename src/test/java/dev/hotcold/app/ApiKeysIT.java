package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.http.access.ApiKeys;
import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
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

/** API_KEYS_FILE: who may look up, and who may not. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ApiKeysIT {

    @TempDir
    private Path directory;

    private final Servers servers = Servers.shared();
    private Path file;

    @BeforeEach
    void writeKeys() {
        servers.put("alice", "app://alice", "Hi");
        file = Authority.write(
                directory.resolve("keys"), ApiKeys.line("web", "the-key") + "\n" + ApiKeys.line("batch", "other-key"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization: Bearer the-key",
                "authorization: bearer  other-key ",
                "X-API-Key: the-key",
                "Authorization: Basic YTpi\r\nX-API-Key: other-key",
            })
    void key_known_isServed(String header) {
        try (TestService service = start()) {
            assertThat(lookUp(service, "GET", header).status()).isEqualTo(200);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "Authorization: Bearer The-key",
                "Authorization: Bearer the-key2",
                "Authorization: Bearer wrong\r\nX-API-Key: the-key",
                "X-API-Key: web",
            })
    void key_wrong_isToldSo(String header) {
        try (TestService service = start()) {
            Response response = lookUp(service, "GET", header);

            assertThat(response.status()).isEqualTo(401);
            assertThat(response.header("WWW-Authenticate"))
                    .isEqualTo("Bearer realm=\"hotcold-user-api\", error=\"invalid_token\"");
            assertThat(response.header("Content-Type")).isEqualTo("application/problem+json");
            assertThat(response.body()).contains("\"status\":401").doesNotContain("the-key", "app://");
        }
    }

    @Test
    void key_none_isAskedForByEveryMethodAndIdAndCounted() {
        try (TestService service = start()) {
            List<Response> responses = List.of(
                    service.lookup("alice"),
                    service.lookup("not%20valid"),
                    service.get("/v1/users"),
                    service.lookupHttp2("alice"),
                    service.send("HEAD", "/v1/users?user_id=alice"),
                    service.send("POST", "/v1/users?user_id=alice"),
                    lookUp(service, "GET", "X-API-Key:"),
                    lookUp(service, "GET", "Authorization: Bearer "));

            assertThat(responses).allSatisfy(response -> {
                assertThat(response.status()).isEqualTo(401);
                assertThat(response.header("WWW-Authenticate")).isEqualTo("Bearer realm=\"hotcold-user-api\"");
            });
            assertThat(service.metric("hotcold_requests_unauthorized_total")).isEqualTo(responses.size());
            assertThat(service.metric("hotcold_requests_invalid_total")).isZero();
        }
    }

    @Test
    void healthAndPages_noKey_stayOpen() {
        try (TestService service = start()) {
            for (String path : List.of("/healthz", "/readyz", "/swagger/", "/openapi.yaml")) {
                assertThat(service.get(path).status()).as(path).isEqualTo(200);
            }
        }
    }

    @Test
    void file_replaced_isReadAgainAndABadOneIsNotUsed() {
        Map<String, String> environment = servers.environment();
        environment.put("API_KEYS_FILE", file.toString());
        try (Program program = Program.start(environment);
                RawClient client = RawClient.connect(program.awaitPort())) {
            assertThat(lookUp(client, "the-key")).isEqualTo(200);

            Authority.write(file, "next-key");

            await().until(() -> program.err().contains("Kept the keys of API_KEYS_FILE as it was: API_KEYS_FILE"));
            assertThat(lookUp(client, "the-key")).isEqualTo(200);

            Authority.write(file, ApiKeys.line("web", "next-key"));

            await().until(() -> lookUp(client, "next-key") == 200);
            assertThat(lookUp(client, "the-key")).isEqualTo(401);
            await().until(() -> program.err().contains("Read the keys of API_KEYS_FILE again"));
            assertThat(program.err()).contains(file + " line 1 is not").doesNotContain("next-key", "the-key");
        }
    }

    @Test
    void start_badFile_isExitCodeTwoAndNamesTheLine() {
        Authority.write(file, "# keys\nweb:s3cr3t\n");
        Map<String, String> environment = servers.environment();
        environment.put("API_KEYS_FILE", file.toString());

        Program.Ended ended = Program.run(environment);

        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.err())
                .contains("error: API_KEYS_FILE: " + file + " line 2 is not NAME:SHA-256")
                .doesNotContain("s3cr3t", "\tat ");
    }

    @Test
    void apiKeyCommand_name_printsTheLineAndApartFromItAFreshKey() {
        Program.Ended first = Program.run(Map.of(), "api-key", "web-2");
        Program.Ended second = Program.run(Map.of(), "api-key", "web-2");

        String key = first.err().lines().toList().getLast();
        assertThat(key)
                .matches("[A-Za-z0-9_-]{43}")
                .isNotEqualTo(second.err().lines().toList().getLast());
        assertThat(first.out().lines()).containsExactly(ApiKeys.line("web-2", key));
    }

    @Test
    void apiKeyCommand_nameThatNoLineMayHave_isExitCodeTwo() {
        Program.Ended ended = Program.run(Map.of(), "api-key", "a b");

        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.out()).isEmpty();
        assertThat(ended.err()).contains("NAME");
    }

    private TestService start() {
        return TestService.start(servers, "API_KEYS_FILE", file.toString(), "REQUEST_TIMEOUT_MS", "20000");
    }

    private static Response lookUp(TestService service, String method, String header) {
        try (RawClient client = RawClient.connect(service.port())) {
            return client.send(
                            method + " /v1/users?user_id=alice HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n\r\n")
                    .readResponse();
        }
    }

    private static int lookUp(RawClient client, String key) {
        return client.send("GET /v1/users?user_id=alice HTTP/1.1\r\nHost: localhost\r\nX-API-Key: " + key + "\r\n\r\n")
                .readResponse()
                .status();
    }
}
