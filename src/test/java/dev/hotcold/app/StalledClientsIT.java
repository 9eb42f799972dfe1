package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.ProgramMetrics;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.StalledCrowd;
import io.netty.pkitesting.X509Bundle;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BooleanSupplier;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Clients that take nothing of their responses, on a heap of 256 MB: others are answered as if they were not there, the
 * write limit ends them, and their memory comes back.
 */
@Timeout(value = 180, unit = TimeUnit.SECONDS)
@Execution(ExecutionMode.CONCURRENT)
class StalledClientsIT {

    private static final int CLIENTS = Integer.getInteger("stalled.clients", 300);
    private static final int LARGE = 60_000;
    private static final Duration WRITE_LIMIT = Duration.ofSeconds(5);
    private static final Duration QUIET = Duration.ofSeconds(3);

    /** What of the heap may stay for other reasons: classes and code that the crowd was the first to need, buffers kept for reuse. */
    private static final long LEFT_ON_HEAP = 24 << 20;

    @TempDir
    private Path directory;

    private static final Servers SERVERS = Servers.shared();

    /** Once: a user that is put is absent for a moment. */
    @BeforeAll
    static void putUsers() {
        SERVERS.put("small", "app://small", "Hi");
        SERVERS.put("large", "app://large", "x".repeat(LARGE));
    }

    enum Crowd {
        HTTP2_WITHOUT_WINDOW_LARGE,
        HTTP2_WITHOUT_WINDOW,
        HTTP2_PROBLEMS,
        HTTP2_PAGES,
        HTTP1_PAGES,
        HTTP1_LOOKUPS;

        byte[] requests() {
            return switch (this) {
                case HTTP2_WITHOUT_WINDOW_LARGE -> StalledCrowd.http2WithoutWindow("/v1/users?user_id=large", 256);
                case HTTP2_WITHOUT_WINDOW -> StalledCrowd.http2WithoutWindow("/v1/users?user_id=small", 256);
                case HTTP2_PROBLEMS -> StalledCrowd.http2WithoutWindow("/nowhere", 256);
                case HTTP2_PAGES -> StalledCrowd.http2WithoutWindow("/swagger/swagger-ui-bundle.js", 256);
                case HTTP1_PAGES -> StalledCrowd.http1("/swagger/swagger-ui-bundle.js", 5);
                case HTTP1_LOOKUPS -> StalledCrowd.http1("/v1/users?user_id=large", 256);
            };
        }

        /** Each of those that get pages fills megabytes in the kernel before it stalls. */
        int clients() {
            return this == HTTP1_PAGES ? CLIENTS / 4 : CLIENTS;
        }

        boolean isHttp2() {
            return name().startsWith("HTTP2");
        }
    }

    @ParameterizedTest
    @CsvSource({
        "HTTP2_WITHOUT_WINDOW_LARGE, auto, false",
        "HTTP2_WITHOUT_WINDOW, off, true",
        "HTTP2_PAGES, auto, true",
        "HTTP2_PROBLEMS, off, false",
        "HTTP1_PAGES, off, false",
        "HTTP1_LOOKUPS, auto, false",
        "HTTP1_LOOKUPS, off, true"
    })
    void clientsThatTakeNothing_areEnded_andOthersAreAnswered(Crowd crowd, String ioUring, boolean encrypted) {
        Authority authority = Authority.named("The authority");
        SSLContext tls = encrypted ? authority.trusting() : null;
        try (Program program = start("256m", ioUring, encrypted ? authority.issue("localhost") : null);
                ProgramMetrics metrics = ProgramMetrics.of(program)) {
            int port = program.awaitPort();
            awaitHits(port, tls);
            List<Long> quiet = askFor(port, tls, QUIET);
            long before = metrics.heapAfterCollection();
            List<Long> beside;
            AtomicBoolean over = new AtomicBoolean();
            try (Others others = new Others(port, tls, over::get)) {
                try (StalledCrowd stalled = StalledCrowd.gather(
                        port, crowd.clients(), tls, crowd.isHttp2() ? "h2" : "http/1.1", crowd.requests())) {
                    await().pollInterval(Duration.ofSeconds(1))
                            .atMost(WRITE_LIMIT.multipliedBy(20))
                            .until(() -> {
                                if (crowd.isHttp2()) {
                                    stalled.ping();
                                }
                                return metrics.sum("hotcold_connections_stalled_total") == crowd.clients();
                            });
                    System.out.printf(
                            "stalled: %.0f ended by the write limit, %.0f responses refused%n",
                            metrics.sum("hotcold_connections_stalled_total"),
                            metrics.sum("hotcold_requests_refused_total"));
                }
                over.set(true);
                beside = others.end();
            }

            System.out.printf(
                    "stalled: %s on io_uring %s, TLS %s: others' p99 %.1f ms, quiet %.1f; %d lookups%n",
                    crowd, ioUring, encrypted, p99(beside), p99(quiet), beside.size());
            assertThat(metrics.sum("hotcold_connections_stalled_total")).isEqualTo(crowd.clients());
            await().untilAsserted(
                            () -> assertThat(metrics.heapAfterCollection()).isLessThan(before + LEFT_ON_HEAP));
        }
    }

    /** What the kernel has taken is out of the process, but not with the client. */
    @ParameterizedTest
    @ValueSource(strings = {"auto", "off"})
    void clientsWhoseResponsesFitTheKernel_areEndedToo(String ioUring) {
        try (Program program = start("128m", ioUring, null);
                ProgramMetrics metrics = ProgramMetrics.of(program)) {
            int port = program.awaitPort();
            awaitHits(port, null);

            try (StalledCrowd _ =
                    StalledCrowd.gather(port, 4, null, "http/1.1", StalledCrowd.http1("/v1/users?user_id=large", 3))) {
                await().atMost(WRITE_LIMIT.multipliedBy(4))
                        .until(() -> metrics.sum("hotcold_connections_stalled_total") == 4);
            }
        }
    }

    /** Each sends more than is read at once, so that it waits, and then leaves. What was read for it is in direct memory. */
    @ParameterizedTest
    @ValueSource(strings = {"auto", "off"})
    void clientsThatSendMuchAndLeave_takeNoMemoryFromOthers(String ioUring) {
        byte[] upload = ("GET /v1/users?user_id=small HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n"
                        + "x".repeat(64 << 10))
                .getBytes(StandardCharsets.US_ASCII);
        try (Program program = start("128m", ioUring, null)) {
            int port = program.awaitPort();
            awaitHits(port, null);
            for (int i = 0; i < 2; i++) {
                StalledCrowd.gather(port, 7 * CLIENTS, null, "http/1.1", upload).close();

                assertThat(askFor(port, null, QUIET)).isNotEmpty();
            }
        }
    }

    /** The first lookups of a process that has just started may be slow, or not answered in time. */
    private static void awaitHits(int port, @Nullable SSLContext tls) {
        try (RawClient client = tls == null ? RawClient.connect(port) : RawClient.connect(port, tls)) {
            for (String user : List.of("small", "large")) {
                await().until(() -> client.lookup(user).body().contains("ok:redis"));
            }
        }
    }

    private static List<Long> askFor(int port, @Nullable SSLContext tls, Duration time) {
        long end = System.nanoTime() + time.toNanos();
        try (Others others = new Others(port, tls, () -> System.nanoTime() > end)) {
            return others.end();
        }
    }

    private static double p99(List<Long> nanos) {
        long[] sorted = nanos.stream().mapToLong(Long::longValue).sorted().toArray();
        return sorted[(int) (sorted.length * 0.99)] / 1e6;
    }

    private Program start(String heap, String ioUring, @Nullable X509Bundle identity) {
        Map<String, String> environment = SERVERS.environment();
        environment.putAll(Map.of(
                "PORT",
                "0",
                "MANAGEMENT_PORT",
                "0",
                "CHANGE_FEED",
                "off",
                "IO_URING",
                ioUring,
                // The test shares its processors with others: who waits for them is not refused.
                "REQUEST_TIMEOUT_MS",
                "20000",
                "HTTP_WRITE_TIMEOUT_SEC",
                Long.toString(WRITE_LIMIT.toSeconds())));
        if (identity != null) {
            environment.put(
                    "TLS_CERT_FILE",
                    Authority.write(directory.resolve("chain.pem"), identity.getCertificatePathPEM())
                            .toString());
            environment.put(
                    "TLS_KEY_FILE",
                    Authority.write(directory.resolve("key.pem"), identity.getPrivateKeyPEM())
                            .toString());
        }
        return Program.start(
                List.of("-Xmx" + heap, "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError", "-XX:TieredStopAtLevel=4"),
                environment);
    }

    /** Callers that look a small user up, one request after the other on each connection. Fails when one is not answered with 200. */
    private static final class Others implements AutoCloseable {

        static final int CONNECTIONS = 8;

        private final List<Thread> threads = new ArrayList<>();
        private final List<Long> nanos = new ArrayList<>();
        private volatile boolean closed;
        private volatile @Nullable Throwable failure;

        Others(int port, @Nullable SSLContext tls, BooleanSupplier over) {
            for (int i = 0; i < CONNECTIONS; i++) {
                threads.add(Thread.ofPlatform().start(() -> run(port, tls, over)));
            }
        }

        private void run(int port, @Nullable SSLContext tls, BooleanSupplier over) {
            List<Long> own = new ArrayList<>();
            try (RawClient client = tls == null ? RawClient.connect(port) : RawClient.connect(port, tls)) {
                while (!closed && !over.getAsBoolean()) {
                    long begin = System.nanoTime();
                    Response response = client.lookup("small");
                    own.add(System.nanoTime() - begin);
                    assertThat(response.status()).as(response.body()).isEqualTo(200);
                }
            } catch (Throwable e) {
                failure = e;
            }
            synchronized (nanos) {
                nanos.addAll(own);
            }
        }

        List<Long> end() {
            join();
            assertThat(failure).isNull();
            return nanos;
        }

        @Override
        public void close() {
            closed = true;
            join();
        }

        private void join() {
            for (Thread thread : threads) {
                try {
                    thread.join();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                    throw new IllegalStateException(e);
                }
            }
        }
    }
}
