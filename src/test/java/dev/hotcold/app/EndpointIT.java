package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Http;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How the endpoint behaves as an HTTP resource. */
class EndpointIT {

    private final Servers servers = Servers.shared();
    private final TestService service;

    EndpointIT() {
        servers.put("alice", "app://open/alice", "Welcome back, Alice");
        // What is tested is the form of answers, however long they take beside another test's load.
        service = TestService.start(servers, "REQUEST_TIMEOUT_MS", "5000");
    }

    @AfterEach
    void stop() {
        service.close();
    }

    @Test
    void head_aUser_hasTheHeadersOfGetAndNoBody() {
        service.lookup("alice");
        Response get = service.lookup("alice");

        Response head = service.send("HEAD", "/v1/users?user_id=alice");

        assertThat(head.status()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        for (String header : new String[] {"Content-Type", "Content-Length", "Cache-Status"}) {
            assertThat(head.header(header)).isEqualTo(get.header(header)).isNotEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "BREW"})
    void otherMethods_aUser_areNotAllowed(String method) {
        Response response = service.send(method, "/v1/users?user_id=alice");

        assertThat(response.status()).isEqualTo(405);
        assertThat(response.header("Allow")).isEqualTo("GET, HEAD");
        assertThat(response.header("Content-Type")).isEqualTo("application/problem+json");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "/",
                "/v1/user",
                "/v1/users/",
                "/v1/users/alice",
                "/V1/users?user_id=alice",
                "/v1/usersx?user_id=alice"
            })
    void get_unknownRoute_cannotBeTakenForAnUnknownUser(String target) {
        Response route = service.get(target);
        Response user = service.lookup("nobody");

        assertThat(route.status()).isEqualTo(404);
        assertThat(user.status()).isEqualTo(404);
        assertThat(new JsonObject(route.body()).containsKey("code")).isFalse();
        assertThat(new JsonObject(user.body()).containsKey("code")).isTrue();
        assertThat(route.header("Content-Type")).isNotEqualTo(user.header("Content-Type"));
    }

    /** Each further one would be paid for by every lookup. */
    @Test
    void get_aUser_hasNoHeadersButThese() {
        assertThat(service.lookup("alice").headers().names())
                .map(name -> name.toLowerCase(Locale.ROOT))
                .containsExactlyInAnyOrder("content-type", "date", "cache-status", "cache-control", "content-length");
    }

    @Test
    void get_aUser_saysWhen() {
        String date = service.lookup("alice").header("Date");

        Instant said = DateTimeFormatter.RFC_1123_DATE_TIME.parse(date, Instant::from);
        assertThat(said).isBetween(Instant.now().minusSeconds(10), Instant.now());
    }

    @Test
    void pipelining_severalRequestsAtOnce_areAnsweredInOrder() {
        String requests = """
                GET /v1/users?user_id=alice HTTP/1.1
                Host: x

                GET /v1/users?user_id=!! HTTP/1.1
                Host: x

                GET /v1/users?user_id=nobody HTTP/1.1
                Host: x

                GET /v1/users?user_id=alice HTTP/1.1
                Host: x
                Connection: close

                """.replace("\n", "\r\n");
        try (RawClient client = RawClient.connect(service.port())) {
            client.send(requests);

            for (int status : new int[] {200, 400, 404, 200}) {
                assertThat(client.readResponse().status()).isEqualTo(status);
            }
            client.awaitCut();
        }
    }

    /** More than fits between service and client: the service waits with the later requests, and forgets none. */
    @Test
    void pipelining_responsesReadLate_areAllThereInOrder() {
        String text = "x".repeat(50_000);
        servers.put("large", "app://large", text);
        int pairs = 400;
        try (RawClient client = RawClient.connect("127.0.0.1", service.port(), 16_384)) {
            client.send((RawClient.request("large") + RawClient.request("alice")).repeat(pairs));

            for (int i = 0; i < pairs; i++) {
                assertThat(client.readResponse().body()).contains("\"app://large\"", text);
                assertThat(client.readResponse().body()).contains("\"app://open/alice\"");
            }
        }
    }

    /** The client of the JDK asks for an upgrade, and is answered as if it had not. */
    @Test
    void h2c_byUpgrade_isAnsweredInHttp11() throws IOException, InterruptedException {
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_2).build()) {
            HttpRequest request = HttpRequest.newBuilder(
                            URI.create("http://127.0.0.1:" + service.port() + "/v1/users?user_id=alice"))
                    .build();

            HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());

            assertThat(response.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
            assertThat(response.statusCode()).isEqualTo(200);
            assertThat(response.body()).contains("\"user_id\":\"alice\"");
        }
    }

    @Test
    void h2c_connect_isAnsweredAndLeavesTheConnectionUsable() {
        try (Http client = Http.http2()) {
            Response connect = client.send("CONNECT", service.port(), "/").await();

            assertThat(connect.status()).isBetween(400, 499);
            assertThat(client.send("GET", service.port(), "/v1/users?user_id=alice")
                            .await()
                            .status())
                    .isEqualTo(200);
        }
    }

    @Test
    void h2c_byPriorKnowledge_isAnswered() {
        Response response = service.lookupHttp2("alice");

        assertThat(response.status()).isEqualTo(200);
        assertThat(response.body()).contains("\"user_id\":\"alice\"");
    }

    @Test
    void get_headersTooLong_areRefusedAsAProblem() throws IOException {
        String request = "GET /v1/users?user_id=alice HTTP/1.1\r\nHost: x\r\nX: " + "y".repeat(100_000) + "\r\n\r\n";
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), service.port())) {
            socket.setSoTimeout(10_000);
            socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
            byte[] start = socket.getInputStream().readNBytes(12);

            assertThat(new String(start, StandardCharsets.US_ASCII)).isEqualTo("HTTP/1.1 431");
        }
    }
}
