package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TableLock;
import dev.hotcold.testkit.TestService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Each setting of the public and the management server has its effect. Where a setting only bounds a time, a second
 * service without the bound shows that nothing else is at work.
 *
 * <p>The second loopback address, 127.0.0.2, is there on Linux without set-up.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@ExtendWith(RealServers.class)
class HttpSettingsIT {

    private static final String HALF_A_REQUEST = "GET /v1/users?user_id=alice HTTP/1.1\r\nHost: lo";
    private static final String THE_OTHER_HALF = "calhost\r\n\r\n";
    private static final int LARGE = 20_000_000;
    private static final int SMALL_WINDOW = 16_384;

    private static Servers servers;

    @BeforeAll
    static void take(Servers own) {
        servers = own;
    }

    @BeforeEach
    void putAlice() {
        servers.reset();
        servers.put("alice", "app://alice", "Hi");
    }

    @Test
    void port_free_isListenedOnOnEveryAddress() throws IOException {
        int port = freePort();
        try (TestService service = TestService.start(servers, "PORT", Integer.toString(port));
                RawClient client = RawClient.connect("127.0.0.1", port);
                RawClient elsewhere = RawClient.connect("127.0.0.2", port)) {

            assertThat(service.port()).isEqualTo(port);
            assertThat(client.lookup("alice").status()).isEqualTo(200);
            assertThat(elsewhere.lookup("alice").status()).isEqualTo(200);
        }
    }

    @Test
    void managementPort_free_servesMetricsAndHealthOnLoopbackOnly() throws IOException {
        int port = freePort();
        try (TestService service = TestService.start(servers, "MANAGEMENT_PORT", Integer.toString(port))) {

            assertThat(service.service().managementPort()).isEqualTo(port);
            assertThat(getFrom("127.0.0.1", port, "/metrics").body()).contains("hotcold_lookups_seconds_count");
            assertThat(getFrom("127.0.0.1", port, "/readyz").status()).isEqualTo(200);
            assertThatThrownBy(() -> RawClient.connect("127.0.0.2", port)).hasCauseInstanceOf(ConnectException.class);
            assertThat(service.get("/metrics").status()).isEqualTo(404);
        }
    }

    @Test
    void managementHost_given_isListenedOnAlone() {
        try (TestService service = TestService.start(servers, "MANAGEMENT_HOST", "127.0.0.2")) {
            int port = service.service().managementPort();

            assertThat(getFrom("127.0.0.2", port, "/metrics").status()).isEqualTo(200);
            assertThatThrownBy(() -> RawClient.connect("127.0.0.1", port)).hasCauseInstanceOf(ConnectException.class);
        }
    }

    @Test
    void readTimeout_halfARequest_isCutUnlessThereIsNoLimit() {
        try (TestService limited =
                        TestService.start(servers, "HTTP_READ_TIMEOUT_SEC", "1", "HTTP_IDLE_TIMEOUT_SEC", "0");
                TestService unlimited =
                        TestService.start(servers, "HTTP_READ_TIMEOUT_SEC", "0", "HTTP_IDLE_TIMEOUT_SEC", "0");
                RawClient cut = RawClient.connect(limited.port());
                RawClient patient = RawClient.connect(unlimited.port())) {
            patient.send(HALF_A_REQUEST);

            Duration life = cut.send(HALF_A_REQUEST).awaitCut();

            assertThat(life).isGreaterThanOrEqualTo(Duration.ofMillis(900));
            assertThat(patient.send(THE_OTHER_HALF).readResponse().status()).isEqualTo(200);
        }
    }

    @Test
    void readTimeout_requestThatTrickles_isCut() {
        try (TestService service =
                        TestService.start(servers, "HTTP_READ_TIMEOUT_SEC", "1", "HTTP_IDLE_TIMEOUT_SEC", "0");
                RawClient client = RawClient.connect(service.port())) {
            client.send("GET /v1/users?user_id=alice HTTP/1.1\r\nX-Slow: ");

            await().atMost(Duration.ofSeconds(15))
                    .pollInterval(Duration.ofMillis(100))
                    .until(() -> isRefused(client, "x"));
        }
    }

    @Test
    void readTimeout_idleConnectionThatHasAsked_isNotCut() {
        try (TestService service =
                        TestService.start(servers, "HTTP_READ_TIMEOUT_SEC", "1", "HTTP_IDLE_TIMEOUT_SEC", "0");
                RawClient idle = RawClient.connect(service.port());
                RawClient mute = RawClient.connect(service.port());
                RawClient first = RawClient.connect(service.port());
                RawClient second = RawClient.connect(service.port())) {
            idle.lookup("alice");

            first.send(HALF_A_REQUEST).awaitCut();
            second.send(HALF_A_REQUEST).awaitCut();

            assertThat(idle.lookup("alice").status()).isEqualTo(200);
            assertThat(mute.lookup("alice").status()).isEqualTo(200);
        }
    }

    @Test
    void readTimeout_wholeRequestThatWaitsBehindASlowOne_isNotCut() {
        try (TestService service = TestService.start(
                        servers,
                        "HTTP_READ_TIMEOUT_SEC",
                        "1",
                        "HTTP_IDLE_TIMEOUT_SEC",
                        "0",
                        "REQUEST_TIMEOUT_MS",
                        "3000");
                RawClient client = RawClient.connect(service.port());
                var _ = TableLock.take(servers)) {
            client.lookup("not%20an%20id");
            client.send(RawClient.request("alice"));
            await().until(() -> service.metric("hotcold_cold_batches_in_flight") == 1);

            client.send(RawClient.request("not%20an%20id"));

            assertThat(client.readResponse().status()).isEqualTo(500);
            assertThat(client.readResponse().status()).isEqualTo(400);
        }
    }

    @Test
    void readTimeout_bodyOfARequest_isNotLimited() {
        try (TestService service =
                        TestService.start(servers, "HTTP_READ_TIMEOUT_SEC", "1", "HTTP_IDLE_TIMEOUT_SEC", "0");
                RawClient client = RawClient.connect(service.port());
                RawClient slow = RawClient.connect(service.port())) {
            client.send("POST /v1/users HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nbo");
            assertThat(client.readResponse().status()).isEqualTo(405);
            client.send("d");

            slow.send(HALF_A_REQUEST).awaitCut();

            assertThat(client.send("y").lookup("alice").status()).isEqualTo(200);
        }
    }

    @Test
    void writeTimeout_responseLeftUnread_isCutUnlessThereIsNoLimit() {
        servers.put("large", "app://large", "x".repeat(LARGE));
        try (TestService limited = TestService.start(servers, writeTimeout("1"));
                TestService unlimited = TestService.start(servers, writeTimeout("0"));
                RawClient cut = RawClient.connect("127.0.0.1", limited.port(), SMALL_WINDOW);
                RawClient patient = RawClient.connect("127.0.0.1", unlimited.port(), SMALL_WINDOW)) {
            patient.send(RawClient.request("large"));
            cut.send(RawClient.request("large"));

            await().atMost(Duration.ofSeconds(15)).until(cut::isCut);

            assertThat(patient.readResponse().body().length()).isGreaterThan(LARGE);
        }
    }

    @Test
    void writeTimeout_responseReadSlowly_isNotCut() {
        servers.put("large", "app://large", "x".repeat(LARGE));
        try (TestService service = TestService.start(servers, writeTimeout("1"));
                RawClient slow = RawClient.connect("127.0.0.1", service.port(), SMALL_WINDOW);
                RawClient unread = RawClient.connect("127.0.0.1", service.port(), SMALL_WINDOW)) {
            slow.send(RawClient.request("large"));
            unread.send(RawClient.request("large"));
            List<Integer> pieces = new ArrayList<>();

            await().atMost(Duration.ofSeconds(15))
                    .pollInterval(Duration.ofMillis(50))
                    .until(() -> {
                        pieces.add(slow.skip(200_000));
                        return unread.isCut();
                    });

            assertThat(pieces).allMatch(length -> length == 200_000);
            assertThat(slow.skip(200_000)).isEqualTo(200_000);
        }
    }

    @Test
    void idleTimeout_connectionWithoutTraffic_isClosedUnlessThereIsNoLimit() {
        try (TestService limited = TestService.start(servers, "HTTP_IDLE_TIMEOUT_SEC", "1");
                TestService unlimited = TestService.start(servers, "HTTP_IDLE_TIMEOUT_SEC", "0");
                RawClient closed = RawClient.connect(limited.port());
                RawClient patient = RawClient.connect(unlimited.port())) {
            patient.lookup("alice");
            closed.lookup("alice");

            Duration life = closed.awaitCut();

            assertThat(life).isGreaterThanOrEqualTo(Duration.ofMillis(900));
            assertThat(patient.lookup("alice").status()).isEqualTo(200);
        }
    }

    @Test
    void requestTimeout_tableLocked_is500WhenTheBudgetIsSpent() {
        try (TestService service = TestService.start(servers, "REQUEST_TIMEOUT_MS", "400");
                TestService patient = TestService.start(servers, "REQUEST_TIMEOUT_MS", "20000");
                RawClient patientClient = RawClient.connect(patient.port())) {
            service.lookup("nobody");
            List<Duration> durations = new ArrayList<>();
            try (var _ = TableLock.take(servers)) {
                patientClient.send(RawClient.request("alice"));
                for (int i = 0; i < 5; i++) {
                    long begin = System.nanoTime();
                    assertThat(service.lookup("alice").status()).isEqualTo(500);
                    durations.add(Duration.ofNanos(System.nanoTime() - begin));
                }
            }

            assertThat(durations.getFirst()).isGreaterThanOrEqualTo(Duration.ofMillis(390));
            assertThat(durations.stream().sorted().toList().get(2)).isLessThanOrEqualTo(Duration.ofMillis(450));
            assertThat(durations).allMatch(duration -> duration.compareTo(Duration.ofSeconds(2)) < 0);
            assertThat(patientClient.readResponse().status()).isEqualTo(200);
        }
    }

    @Test
    void responseStyle_either_decidesCodeAndMessage() {
        try (TestService status = TestService.start(servers, "RESPONSE_STYLE", "status");
                TestService compact = TestService.start(servers, "RESPONSE_STYLE", "compact")) {

            assertThat(status.lookup("alice").body()).startsWith("{\"code\":200,\"message\":\"ok:postgres\",");
            assertThat(compact.lookup("alice").body()).startsWith("{\"code\":0,\"message\":\"ok\",");
        }
    }

    /** Nothing but the write timeout may close the connection. */
    private static String[] writeTimeout(String seconds) {
        return new String[] {
            "HTTP_WRITE_TIMEOUT_SEC", seconds,
            "HTTP_READ_TIMEOUT_SEC", "0",
            "HTTP_IDLE_TIMEOUT_SEC", "0",
            "REQUEST_TIMEOUT_MS", "20000",
            "REDIS_READ_TIMEOUT_MS", "10000"
        };
    }

    private static boolean isRefused(RawClient client, String text) {
        try {
            client.send(text);
            return false;
        } catch (UncheckedIOException e) {
            return true;
        }
    }

    private static Response getFrom(String host, int port, String target) {
        try (RawClient client = RawClient.connect(host, port)) {
            return client.send("GET " + target + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                    .readResponse();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
