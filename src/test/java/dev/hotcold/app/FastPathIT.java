package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TableLock;
import dev.hotcold.testkit.TestService;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Lookups on the fast path beside those that Vert.x reads: callers see no difference, also where a connection changes over. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class FastPathIT {

    /** Means nothing to the service, but makes a request too long for the fast path. */
    private static final String NOT_PLAIN = "X-Long: " + "x".repeat(3000) + "\r\n";

    private final Servers servers = Servers.shared();
    private TestService service;

    @BeforeEach
    void start() {
        servers.put("alice", "app://alice", "Hi");
        servers.put("bob", "app://bob", "Ho");
        service = TestService.start(servers);
        await().until(() -> service.lookup("alice").body().contains("ok:redis"));
    }

    @AfterEach
    void stop() {
        service.close();
    }

    @ParameterizedTest
    @ValueSource(strings = {"alice", "nobody", "no%20body", "", "alice&x=1"})
    void lookup_onEitherPath_isAnsweredWithTheSameBytes(String userId) {
        service.lookup(userId);
        try (RawClient plain = RawClient.connect(service.port());
                RawClient other = RawClient.connect(service.port())) {
            await().untilAsserted(() -> {
                Response onePlain = plain.lookup(userId);
                Response oneOther = other.send(request(userId, NOT_PLAIN)).readResponse();

                assertThat(onePlain.status()).isEqualTo(oneOther.status());
                assertThat(onePlain.body()).isEqualTo(oneOther.body());
                assertThat(onePlain.headers()).hasToString(oneOther.headers().toString());
            });
        }
    }

    @Test
    void pipelined_plainAndOthersMixed_areAnsweredInOrder() {
        StringBuilder requests = new StringBuilder();
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            String userId = List.of("alice", "bob", "nobody", "bad%20id").get(i % 4);
            requests.append(request(userId, i == 150 ? NOT_PLAIN : ""));
            expected.add(List.of("app://alice", "app://bob", "not found", "invalid user_id")
                    .get(i % 4));
        }
        try (RawClient client = RawClient.connect(service.port())) {
            client.send(requests.toString());

            for (String part : expected) {
                assertThat(client.readResponse().body()).contains(part);
            }
        }
    }

    @Test
    void otherRequest_behindOneThatWaits_isAnsweredBehindIt() {
        double before = service.metric("hotcold_cold_batch_size_count");
        try (RawClient client = RawClient.connect(service.port())) {
            try (var _ = TableLock.take(servers)) {
                client.send(request("bob", "") + "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" + request("alice", ""));
                // The lookup of bob waits for the table, and the others wait for its response.
                await().until(() -> service.metric("hotcold_cold_batch_size_count") > before);
            }

            assertThat(client.readResponse().body()).containsAnyOf("app://bob", "internal error");
            assertThat(client.readResponse().body()).contains("alive");
            assertThat(client.readResponse().body()).contains("app://alice");
        }
    }

    @Test
    void request_inPieces_isAnswered() {
        try (RawClient client = RawClient.connect(service.port())) {
            String text = request("alice", "");
            for (int i = 0; i < text.length(); i++) {
                client.send(text.substring(i, i + 1));
            }

            assertThat(client.readResponse().body()).contains("app://alice");
            assertThat(client.lookup("bob").body()).contains("app://bob");
        }
    }

    @Test
    void close_askedForOnALaterRequest_closesBehindTheResponse() {
        try (RawClient client = RawClient.connect(service.port())) {
            assertThat(client.lookup("alice").status()).isEqualTo(200);

            Response last =
                    client.send(request("alice", "Connection: close\r\n")).readResponse();

            assertThat(last.status()).isEqualTo(200);
            assertThat(last.header("Connection")).isEqualToIgnoringCase("close");
            assertThat(client.awaitCut()).isLessThan(Duration.ofSeconds(10));
        }
    }

    private static String request(String userId, String header) {
        return "GET /v1/users?user_id=" + userId + " HTTP/1.1\r\nHost: localhost\r\n" + header + "\r\n";
    }
}
