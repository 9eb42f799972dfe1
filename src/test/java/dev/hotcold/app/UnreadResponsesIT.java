package dev.hotcold.app;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Http2Transcript;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.RawHttp2Client;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TableLock;
import dev.hotcold.testkit.TestService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Clients that send request after request and leave the responses unread, on a service without a write timeout. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class UnreadResponsesIT {

    /** The kernel holds little for the client, so that the service soon notices. */
    private static final int RECEIVE_BUFFER = 4096;

    /** Requests that fill all buffers there are, at some 35 bytes each. */
    private static final int MANY = 1_000_000;

    /** A lookup that needs no store for its answer. */
    private static final String REFUSED = "/v1/users?user_id=";

    /** When a client could send nothing for so long, it is not read from. */
    private static final Duration STILL = Duration.ofSeconds(1);

    private final Servers servers = Servers.shared();

    /**
     * With so many streams at once that not they hold the client back, and by requests answered at once: those that wait
     * for a store could be more than that before the first response, and the service then ends the connection.
     */
    @Test
    void http2HeadersAlone_leftUnread_stopTheReading() {
        AtomicInteger sent = new AtomicInteger();
        try (TestService service = start("HTTP2_MAX_STREAMS", "100000");
                RawHttp2Client client = RawHttp2Client.connect(service.port(), RECEIVE_BUFFER)) {
            Thread asking = Thread.startVirtualThread(() -> askOnAndOn(client, sent));

            awaitStill(sent);

            // It waits to send: neither has all been taken, nor was it cut.
            assertThat(asking.isAlive()).isTrue();
            assertThat(sent.get()).isLessThan(MANY);
            assertThat(client.await(RawHttp2Client.HEADERS).code()).isEqualTo(400);
        }
    }

    /** Only a write shows that no response can be written any more: one write, not one for each response. */
    @Test
    void http2_resetWhileManyAreAnswered_othersAreAnsweredSoon() {
        int many = 50_000;
        try (TestService service = start("HTTP2_MAX_STREAMS", "100000")) {
            try (RawHttp2Client client = RawHttp2Client.connect(service.port(), RECEIVE_BUFFER)) {
                try (TableLock _ = TableLock.take(servers)) {
                    for (int i = 0; i < many; i++) {
                        client.head(2 * i + 1, "/v1/users?user_id=nobody");
                    }
                    // The first answers are those to what does not fit; the others wait for PostgreSQL.
                    assertThat(client.await(RawHttp2Client.HEADERS).code()).isEqualTo(503);
                }
                client.awaitStatus(404);
            }

            // One on each event loop.
            for (int i = 0; i < Runtime.getRuntime().availableProcessors(); i++) {
                try (RawClient other = RawClient.connect(service.port())) {
                    assertThat(other.lookup("nobody").status()).isEqualTo(404);
                }
            }
        }
    }

    /** The write limit means no byte for so long, on each stream. */
    @Test
    void http2Streams_oneTakenByteByByte_onlyTheOtherIsReset() {
        servers.put("alice", "app://alice", "Hi");
        try (TestService service = start("HTTP_WRITE_TIMEOUT_SEC", "1");
                RawHttp2Client client = RawHttp2Client.connect(service.port()).initialWindow(0)) {
            client.get(1, "/v1/users?user_id=alice").get(3, "/v1/users?user_id=alice");
            AtomicBoolean over = new AtomicBoolean();
            Thread granting = Thread.startVirtualThread(() -> everyMoment(over, () -> client.grant(1, 1)));

            RawHttp2Client.Frame reset = client.await(RawHttp2Client.RST_STREAM);
            over.set(true);
            join(granting);

            assertThat(reset.stream()).isEqualTo(3);
            assertThat(reset.code()).as("ENHANCE_YOUR_CALM").isEqualTo(11);
            client.grant(1, 60_000).get(5, "/v1/users?user_id=alice").grant(5, 60_000);
            client.awaitStatus(200);
        }
    }

    /** Through windows that let all of it through at once, so that only the socket holds it back. */
    @Test
    void http2Page_takenSlowlyThroughALargeWindow_arrivesWhole() throws IOException, InterruptedException {
        try (TestService service = start("HTTP_WRITE_TIMEOUT_SEC", "1");
                Socket socket = new Socket()) {
            socket.setReceiveBufferSize(RECEIVE_BUFFER);
            socket.setSoTimeout(20_000);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), service.port()));
            socket.getOutputStream().write(RawHttp2Client.PREFACE);
            socket.getOutputStream().write(RawHttp2Client.initialWindowOf(6 << 20));
            socket.getOutputStream().write(RawHttp2Client.granted(0, 6 << 20));
            socket.getOutputStream().write(RawHttp2Client.requested(1, "/swagger/swagger-ui-bundle.js"));
            Http2Transcript transcript = new Http2Transcript(socket);

            transcript.readUntil(it -> it.answers().containsKey(1));
            Http2Transcript.Answer answer = requireNonNull(transcript.answers().get(1));
            while (!answer.isComplete() && answer.resetCode() < 0) {
                long before = transcript.dataInAll();
                transcript.readUntil(
                        it -> it.dataInAll() > before + 16_384 || answer.isComplete() || answer.resetCode() >= 0);
                // The client's pace: three seconds for all of it.
                Thread.sleep(30);
            }

            assertThat(answer.isComplete()).as("%s", answer).isTrue();
        }
    }

    /** They would keep what a stream takes for as long as the connection lives. */
    @Test
    void http2Request_thatItsClientDoesNotEnd_isResetAfterItsResponse() {
        try (TestService service = start("HTTP_WRITE_TIMEOUT_SEC", "1");
                RawHttp2Client client = RawHttp2Client.connect(service.port())) {
            client.headers(
                    1,
                    false,
                    List.of(":method", "POST", ":scheme", "http", ":path", "/v1/users?user_id=a", ":authority", "a"));

            assertThat(client.await(RawHttp2Client.HEADERS).code()).isEqualTo(405);
            assertThat(client.await(RawHttp2Client.RST_STREAM))
                    .as("NO_ERROR")
                    .isEqualTo(new RawHttp2Client.Frame(RawHttp2Client.RST_STREAM, 1, 0));
        }
    }

    @Test
    void http2Connection_nothingTakenButPingsSent_isClosedWithTheReason() {
        servers.put("alice", "app://alice", "Hi");
        try (TestService service = start("HTTP_WRITE_TIMEOUT_SEC", "1");
                RawHttp2Client client = RawHttp2Client.connect(service.port()).initialWindow(0)) {
            client.get(1, "/v1/users?user_id=alice");
            AtomicBoolean over = new AtomicBoolean();
            Thread pinging = Thread.startVirtualThread(() -> everyMoment(over, client::ping));

            List<RawHttp2Client.Frame> frames = client.awaitEnd();
            over.set(true);
            join(pinging);

            assertThat(frames).anyMatch(frame -> frame.type() == RawHttp2Client.GOAWAY && frame.code() == 11);
            assertThat(service.metric("hotcold_connections_stalled_total")).isEqualTo(1);
        }
    }

    private static void everyMoment(AtomicBoolean over, Runnable action) {
        try {
            while (!over.get()) {
                action.run();
                // The client's pace, and no wait for anything.
                Thread.sleep(100);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (UncheckedIOException e) {
            // The connection has ended.
        }
    }

    private static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Test
    void pipelinedLookups_readLate_areLookedUpOnceEach() {
        int lookups = 300;
        servers.put("large", "app://large", "x".repeat(100_000));
        try (TestService service = start();
                RawClient client = RawClient.connect(service.port())) {
            assertThat(client.lookup("large").status()).isEqualTo(200);

            client.send(RawClient.request("large").repeat(lookups));

            for (int i = 0; i < lookups; i++) {
                assertThat(client.readResponse().body()).hasSizeGreaterThan(100_000);
            }
            assertThat(service.metric("hotcold_lookups_seconds_count{layer=\"hot\",outcome=\"found\"}"))
                    .isEqualTo(lookups);
        }
    }

    private static void askOnAndOn(RawHttp2Client client, AtomicInteger sent) {
        try {
            while (sent.get() < MANY) {
                client.head(2 * sent.getAndIncrement() + 1, REFUSED);
            }
        } catch (UncheckedIOException e) {
            // The connection has ended, and so the thread, which tells.
        }
    }

    private static void awaitStill(AtomicInteger counter) {
        int[] last = {0};
        await().pollInterval(STILL).until(() -> {
            int before = last[0];
            last[0] = counter.get();
            return last[0] == before;
        });
    }

    private TestService start(String... more) {
        String[] settings = {"HTTP_WRITE_TIMEOUT_SEC", "0", "HTTP_IDLE_TIMEOUT_SEC", "0", "REQUEST_TIMEOUT_MS", "20000"
        };
        return TestService.start(servers, settings, more);
    }
}
