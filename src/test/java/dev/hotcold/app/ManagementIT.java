package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The management port towards clients that are no probes and no scrapers. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ManagementIT {

    private static final int MAX_CONNECTIONS = 50;

    @AutoClose
    private final TestService service = TestService.start(Servers.shared(), "CHANGE_FEED", "off");

    @ParameterizedTest
    @CsvSource({
        "GET /nowhere HTTP/1.1, 404",
        "GET /%zz HTTP/1.1, 400",
        "POST /metrics HTTP/1.1, 405",
        "DELETE / HTTP/1.1, 405",
        "GARBAGE, 400",
    })
    void error_anyRequest_isAProblemAndNoPage(String requestLine, int status) {
        Response response = exchange(requestLine + "\r\nHost: localhost\r\n\r\n");

        assertThat(response.status()).isEqualTo(status);
        assertIsProblem(response);
    }

    @Test
    void error_tooLong_isAProblem() {
        Response line = exchange("GET /" + "x".repeat(5000) + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
        Response header = exchange("GET / HTTP/1.1\r\nHost: localhost\r\nX: " + "x".repeat(9000) + "\r\n\r\n");

        assertThat(line.status()).isEqualTo(414);
        assertThat(header.status()).isEqualTo(431);
        assertIsProblem(line);
        assertIsProblem(header);
    }

    @Test
    void host_missing_isRefused() {
        assertThat(exchange("GET /healthz HTTP/1.1\r\n\r\n").status()).isEqualTo(400);
        assertThat(exchange("GET /healthz HTTP/1.0\r\n\r\n").status()).isEqualTo(200);
    }

    @ParameterizedTest
    @ValueSource(strings = {"/", "/metrics", "/healthz", "/readyz"})
    void head_everyPage_hasTheHeadersOfGetAndNoBody(String path) {
        try (RawClient client = connect()) {
            Response get = client.send("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    .readResponse();
            client.send("HEAD " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
            String head = client.readToEnd();

            assertThat(get.status()).isEqualTo(200);
            assertThat(get.header("Date")).matches("\\w{3}, \\d\\d \\w{3} \\d{4} \\d\\d:\\d\\d:\\d\\d GMT");
            assertThat(head)
                    .startsWith("HTTP/1.1 200 OK\r\n")
                    .containsIgnoringCase("\r\ncontent-type: " + get.header("Content-Type") + "\r\n")
                    .containsIgnoringCase("\r\ncontent-length: ")
                    .endsWith("\r\n\r\n");
        }
    }

    @Test
    void upgradeToHttp2_isNotOffered() {
        String upgrade = String.join(
                "\r\n",
                "GET /healthz HTTP/1.1",
                "Host: localhost",
                "Connection: Upgrade, HTTP2-Settings",
                "Upgrade: h2c",
                "HTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA",
                "",
                "");

        Response response = exchange(upgrade);

        assertThat(response.status()).isEqualTo(200);
    }

    @Test
    void connections_beyondTheLimit_areRefusedUntilOthersClose() {
        List<RawClient> silent = new ArrayList<>();
        for (int i = 0; i < MAX_CONNECTIONS; i++) {
            silent.add(connect());
        }
        await().untilAsserted(() -> {
            try (RawClient one = connect()) {
                assertThat(one.readResponse().status()).isEqualTo(503);
            }
        });

        silent.forEach(RawClient::close);

        await().until(() -> service.manage("/readyz").status() == 200);
    }

    @Test
    void request_incomplete_isCut() {
        try (RawClient half = connect()) {
            assertThat(half.send("GET /metr").awaitCut()).isLessThan(Duration.ofSeconds(15));
        }
    }

    private Response exchange(String request) {
        try (RawClient client = connect()) {
            return client.send(request).readResponse();
        }
    }

    private RawClient connect() {
        return RawClient.connect(service.service().managementPort());
    }

    private static void assertIsProblem(Response response) {
        assertThat(response.header("Content-Type")).isEqualTo("application/problem+json");
        assertThat(response.header("Date")).endsWith(" GMT");
        assertThat(response.body()).startsWith("{\"type\":\"about:blank\"").doesNotContain("<", "/v1/users");
    }
}
