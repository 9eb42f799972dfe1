package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Http;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.RawHttp2Client;
import dev.hotcold.testkit.RawHttp2Client.Frame;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TableLock;
import dev.hotcold.testkit.TestService;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What one client, and all together, may take of the public port. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HttpLimitsIT {

    /** RFC 9113, section 7. */
    private static final int REFUSED_STREAM = 7;

    private static final int ENHANCE_YOUR_CALM = 11;

    private final Servers servers = Servers.shared();

    @BeforeEach
    void putAlice() {
        servers.put("alice", "app://alice", "Hi");
    }

    @Test
    void headers_longerThanTheLimit_are431() {
        try (TestService service = start("HTTP_MAX_HEADER_BYTES", "2000");
                TestService generous = start("HTTP_MAX_HEADER_BYTES", "20000")) {
            assertThat(withHeader(service, 1900).status()).isEqualTo(200);
            assertThat(withHeader(service, 2100).status()).isEqualTo(431);
            assertThat(withHeader(generous, 19_000).status()).isEqualTo(200);
        }
    }

    @Test
    void requestLine_longerThanTheLimit_is414OverEitherProtocol() {
        try (TestService service = start("HTTP_MAX_HEADER_BYTES", "2000");
                TestService generous = start("HTTP_MAX_HEADER_BYTES", "18000");
                Http two = Http.http2()) {
            String shorter = "/v1/users?user_id=alice&x=" + "y".repeat(900);
            String longer = "/v1/users?user_id=alice&x=" + "y".repeat(1100);

            assertThat(service.get(shorter).status()).isEqualTo(200);
            assertThat(service.get(longer).status()).isEqualTo(414);
            assertThat(two.send("GET", service.port(), shorter).await().status())
                    .isEqualTo(200);
            assertThat(two.send("GET", service.port(), longer).await().status()).isEqualTo(414);
            assertThat(generous.get(longer + "y".repeat(7000)).status()).isEqualTo(200);
        }
    }

    @Test
    void headers_longerThanTheLimitOverHttp2_are431() {
        try (TestService service = start("HTTP_MAX_HEADER_BYTES", "2000");
                RawHttp2Client client = RawHttp2Client.connect(service.port())) {
            client.get(1, "/v1/users?user_id=alice&x=" + "y".repeat(2100));

            assertThat(client.await(RawHttp2Client.HEADERS).code()).isEqualTo(431);
            assertThat(client.get(3, "/v1/users?user_id=alice")
                            .await(RawHttp2Client.HEADERS)
                            .code())
                    .isEqualTo(200);
        }
    }

    @Test
    void connections_beyondTheLimit_areToldAndClosedUntilOneEnds() {
        try (TestService service = start("HTTP_MAX_CONNECTIONS", "3");
                RawClient first = RawClient.connect(service.port());
                RawClient second = RawClient.connect(service.port())) {
            try (RawClient third = RawClient.connect(service.port());
                    RawClient refused = RawClient.connect(service.port())) {
                assertThat(List.of(first.lookup("alice"), second.lookup("alice"), third.lookup("alice")))
                        .allMatch(response -> response.status() == 200);

                Response refusal = refused.lookup("alice");

                assertThat(refusal.status()).isEqualTo(503);
                assertThat(refusal.header("Retry-After")).isEqualTo("1");
                assertThat(refusal.header("Connection")).isEqualTo("close");
                assertThat(refusal.header("Content-Type")).isEqualTo("application/problem+json");
                assertThat(refusal.body()).contains("\"status\":503");
                assertThat(refused.skip(1)).isZero();
                assertThat(service.metric("hotcold_connections_refused_total")).isEqualTo(1);
            }

            await().until(() -> lookupOnANewConnection(service) == 200);
            assertThat(first.lookup("alice").status()).isEqualTo(200);
        }
    }

    @Test
    void connections_refusedInGreatNumber_areClosedAndDisturbNoOther() {
        List<RawClient> refused = new ArrayList<>();
        try (TestService service = start("HTTP_MAX_CONNECTIONS", "1");
                RawClient only = RawClient.connect(service.port())) {
            assertThat(only.lookup("alice").status()).isEqualTo(200);

            for (int i = 0; i < 600; i++) {
                refused.add(RawClient.connect(service.port()));
            }

            assertThat(refused).allSatisfy(RawClient::awaitCut);
            assertThat(only.lookup("alice").status()).isEqualTo(200);
            assertThat(service.metric("hotcold_connections_refused_total")).isEqualTo(600);
        } finally {
            refused.forEach(RawClient::close);
        }
    }

    @Test
    void connections_noLimit_areAllServed() {
        List<RawClient> clients = new ArrayList<>();
        try (TestService service = start("HTTP_MAX_CONNECTIONS", "0")) {
            for (int i = 0; i < 100; i++) {
                clients.add(RawClient.connect(service.port()));
            }

            assertThat(clients)
                    .allSatisfy(client ->
                            assertThat(client.lookup("alice").status()).isEqualTo(200));
        } finally {
            clients.forEach(RawClient::close);
        }
    }

    @Test
    void streams_beyondTheLimit_areRefusedOneByOne() {
        servers.redisCommands().flushall();
        try (TestService service = start("HTTP2_MAX_STREAMS", "2");
                RawHttp2Client client = RawHttp2Client.connect(service.port())) {
            service.lookup("nobody");
            try (var _ = TableLock.take(servers)) {
                client.get(1, "/v1/users?user_id=alice")
                        .get(3, "/v1/users?user_id=alice")
                        .get(5, "/v1/users?user_id=alice");

                assertThat(client.await(RawHttp2Client.RST_STREAM))
                        .isEqualTo(new Frame(RawHttp2Client.RST_STREAM, 5, REFUSED_STREAM));
            }

            assertThat(client.await(RawHttp2Client.HEADERS).stream()).isIn(1, 3);
        }
    }

    @Test
    void streams_openedAndResetWithoutEnd_endTheConnection() {
        try (TestService service = start();
                RawHttp2Client client = RawHttp2Client.connect(service.port())) {
            for (int stream = 1; stream < 2 * 250; stream += 2) {
                client.get(stream, "/v1/users?user_id=alice").reset(stream);
            }

            assertThat(client.awaitEnd())
                    .anyMatch(frame -> frame.type() == RawHttp2Client.GOAWAY && frame.code() == ENHANCE_YOUR_CALM);
            assertThat(service.lookup("alice").status()).isEqualTo(200);
        }
    }

    /** Ten times as much as the process may use. */
    @Test
    void body_largerThanMemory_isReadAndForgotten() {
        Map<String, String> environment = servers.environment();
        environment.put("CHANGE_FEED", "off");
        environment.put("REQUEST_TIMEOUT_MS", "20000");
        environment.put("HTTP_READ_TIMEOUT_SEC", "30");
        String piece = "x".repeat(1_000_000);
        int pieces = 1_000;
        List<String> memory = List.of("-Xmx64m", "-XX:MaxDirectMemorySize=32m");
        try (Program program = Program.start(memory, environment);
                RawClient client = RawClient.connect(program.awaitPort())) {
            client.send("GET /v1/users?user_id=alice HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                    + (long) piece.length() * pieces + "\r\n\r\n");
            assertThat(client.readResponse().status()).isEqualTo(200);

            for (int i = 0; i < pieces; i++) {
                client.send(piece);
            }

            assertThat(client.lookup("alice").status()).isEqualTo(200);
            assertThat(program.err()).doesNotContain("OutOfMemory");
        }
    }

    private TestService start(String... settings) {
        return TestService.start(servers, new String[] {"REQUEST_TIMEOUT_MS", "20000"}, settings);
    }

    private static Response withHeader(TestService service, int length) {
        try (RawClient client = RawClient.connect(service.port())) {
            return client.send("GET /v1/users?user_id=alice HTTP/1.1\r\nHost: localhost\r\nX: " + "y".repeat(length)
                            + "\r\n\r\n")
                    .readResponse();
        }
    }

    private static int lookupOnANewConnection(TestService service) {
        try (RawClient client = RawClient.connect(service.port())) {
            return client.lookup("alice").status();
        }
    }
}
