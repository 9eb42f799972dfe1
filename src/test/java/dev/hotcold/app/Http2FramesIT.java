package dev.hotcold.app;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.Http2Transcript;
import dev.hotcold.testkit.LoggedWarnings;
import dev.hotcold.testkit.RawHttp2Client;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.netty.pkitesting.X509Bundle;
import io.netty.util.ResourceLeakDetector;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Whatever frames a client sends, with and without TLS: the service goes on or ends the connection, breaks no rule of HTTP/2 itself,
 * keeps within the windows, leaks no buffer and logs no warning; and each request of a client that keeps to the rules gets its own
 * response.
 *
 * <p>Kept inputs come first. {@code -Dfuzz.seconds=3600} searches longer, {@code -Dfuzz.seed=N} from another beginning; a failure
 * tells the seed that makes the same client, and its bytes, which then belong in the file of kept inputs.
 */
@Timeout(value = 2, unit = TimeUnit.HOURS)
class Http2FramesIT {

    private static final Path KEPT = Path.of("src/test/resources/dev/hotcold/app/Http2FramesIT.clients");
    private static final int PATIENCE_MILLIS = 20_000;
    private static final long SIGN_OF_LIFE = 0x0123_4567_89AB_CDEFL;

    private static TestService plain;
    private static TestService encrypted;
    private static SSLContext tls;
    private static LoggedWarnings warnings;
    private static ResourceLeakDetector.Level leakDetection;

    @BeforeAll
    static void start(@TempDir Path directory) {
        leakDetection = ResourceLeakDetector.getLevel();
        ResourceLeakDetector.setLevel(ResourceLeakDetector.Level.PARANOID);
        Servers servers = Servers.shared();
        servers.put("alice", "app://alice", "Hi");
        Authority authority = Authority.named("The authority");
        X509Bundle identity = authority.issue("localhost");
        Path chain = Authority.write(directory.resolve("chain.pem"), identity.getCertificatePathPEM());
        Path key = Authority.write(directory.resolve("key.pem"), identity.getPrivateKeyPEM());
        plain = TestService.start(servers, "REQUEST_TIMEOUT_MS", "20000");
        encrypted = TestService.start(
                servers,
                "REQUEST_TIMEOUT_MS",
                "20000",
                "TLS_CERT_FILE",
                chain.toString(),
                "TLS_KEY_FILE",
                key.toString());
        tls = authority.trusting();
        await().until(() -> plain.lookup("alice").body().contains("ok:redis"));
        warnings = LoggedWarnings.begin();
    }

    @AfterAll
    static void stop() {
        warnings.close();
        plain.close();
        encrypted.close();
        ResourceLeakDetector.setLevel(leakDetection);
        assertThat(warnings.lines()).isEmpty();
    }

    @Test
    void keptClients_areAnsweredOrEnded() throws IOException {
        List<String> lines = Files.readAllLines(KEPT);
        assertThat(lines).isNotEmpty();
        for (String line : lines) {
            if (!line.startsWith("#")) {
                byte[] bytes = HexFormat.of().parseHex(line.replace(" ", ""));
                for (boolean isEncrypted : new boolean[] {false, true}) {
                    assertHarmless(OddFrames.Client.of(bytes), isEncrypted, line);
                }
            }
        }
    }

    @Test
    void madeUpClients_areAnsweredOrEnded() {
        long seed = Long.getLong("fuzz.seed", 1);
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(Long.getLong("fuzz.seconds", 10));
        int made = 0;
        long slowest = 0;
        for (; System.nanoTime() < end; made++) {
            for (boolean isEncrypted : new boolean[] {false, true}) {
                long begin = System.nanoTime();
                assertHarmless(OddFrames.lawful(seed + made), isEncrypted, "lawful, seed " + (seed + made));
                assertHarmless(OddFrames.odd(seed + made), isEncrypted, "odd, seed " + (seed + made));
                slowest = Math.max(slowest, System.nanoTime() - begin);
            }
            if (made % 100 == 0) {
                assertThat(plain.lookupHttp2("alice").status()).isEqualTo(200);
                assertThat(warnings.lines()).isEmpty();
            }
        }
        System.out.printf(
                "%d made-up clients of HTTP/2 from seed %d, at most %d ms for two%n",
                4 * made, seed, TimeUnit.NANOSECONDS.toMillis(slowest));
        assertThat(made).isPositive();
    }

    private static void assertHarmless(OddFrames.Client client, boolean isEncrypted, String name) {
        String sent = "%s%s: %s; bytes %s"
                .formatted(
                        name,
                        isEncrypted ? ", TLS" : "",
                        client.told(),
                        HexFormat.of().formatHex(client.bytes().array()));
        try (Socket socket = connect(isEncrypted)) {
            Http2Transcript transcript = new Http2Transcript(socket);
            Thread writer = Thread.ofVirtual().start(() -> write(socket, client));
            if (client.exact()) {
                transcript.readUntil(it -> it.isAcknowledged(SIGN_OF_LIFE));
                transcript.readUntil(it -> client.answers().keySet().stream()
                        .allMatch(stream -> isAnswered(it.answers().get(stream))));
                assertLawful(client, transcript, sent);
            }
            writer.join();
            shutdown(socket);
            transcript.readUntil(Http2Transcript::hasEnded);
            if (client.exact()) {
                assertWithinWindows(client, transcript, sent);
            }
        } catch (SocketTimeoutException e) {
            TestService service = isEncrypted ? encrypted : plain;
            throw new AssertionError(
                    "neither an answer nor an end; sent by " + sent + "\n" + service.manage("/readyz") + "\n"
                            + service.manage("/metrics").body() + "\n" + stacks(),
                    e);
        } catch (IOException | InterruptedException | IllegalStateException e) {
            throw new AssertionError("sent by " + sent, e);
        }
    }

    private static String stacks() {
        return Thread.getAllStackTraces().entrySet().stream()
                .map(thread -> thread.getKey() + "\n    "
                        + Arrays.stream(thread.getValue()).map(String::valueOf).collect(Collectors.joining("\n    ")))
                .collect(Collectors.joining("\n"));
    }

    private static boolean isAnswered(Http2Transcript.@Nullable Answer answer) {
        return answer != null && (answer.isComplete() || answer.resetCode() >= 0);
    }

    private static void assertLawful(OddFrames.Client client, Http2Transcript transcript, String sent) {
        if (!client.answers().isEmpty()) {
            assertThat(transcript.goAway()).as(sent).isEqualTo(-1);
            assertThat(transcript.hasEnded()).as(sent).isFalse();
        }
        client.answers().forEach((stream, status) -> {
            Http2Transcript.Answer answer = requireNonNull(transcript.answers().get(stream));
            assertThat(answer.status())
                    .as("stream %d, %s; %s", stream, answer, sent)
                    .isEqualTo(status);
            assertThat(answer.isComplete())
                    .as("stream %d, %s; %s", stream, answer, sent)
                    .isTrue();
        });
    }

    private static void assertWithinWindows(OddFrames.Client client, Http2Transcript transcript, String sent) {
        assertThat(transcript.dataInAll()).as(sent).isLessThanOrEqualTo(client.window());
        transcript.answers().forEach((stream, answer) -> {
            // Netty answers headers that are too long with 431, also where they begin no request.
            if (answer.status() > 0 && answer.status() != 431) {
                assertThat(client.windows()).as(sent).containsKey(stream);
                assertThat((long) answer.bytes())
                        .as(sent)
                        .isLessThanOrEqualTo(client.windows().get(stream));
            }
            if (answer.status() == 200 && answer.isComplete() && answer.body().contains("deeplink")) {
                assertThat(answer.body()).as(sent).contains("app://alice");
            }
        });
    }

    private static Socket connect(boolean isEncrypted) throws IOException {
        Socket socket;
        if (isEncrypted) {
            SSLSocket secured = (SSLSocket) tls.getSocketFactory().createSocket("localhost", encrypted.port());
            SSLParameters parameters = secured.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"h2"});
            secured.setSSLParameters(parameters);
            socket = secured;
        } else {
            socket = new Socket();
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), plain.port()));
        }
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(PATIENCE_MILLIS);
        return socket;
    }

    private static void write(Socket socket, OddFrames.Client client) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        bytes.writeBytes(RawHttp2Client.PREFACE);
        bytes.writeBytes(client.bytes().array());
        bytes.writeBytes(RawHttp2Client.frame(
                6, 0, 0, ByteBuffer.allocate(8).putLong(SIGN_OF_LIFE).array()));
        try {
            socket.getOutputStream().write(bytes.toByteArray());
        } catch (IOException e) {
            // The service has ended the connection, which the reader sees.
        }
    }

    /** The service must then end the connection too, whatever it was waiting for. */
    private static void shutdown(Socket socket) {
        try {
            socket.shutdownOutput();
        } catch (IOException e) {
            // The service was first.
        }
    }
}
