package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.hotcold.testkit.Answer;
import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.ProgramMetrics;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.SteadyLoad;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Clients that mean harm, many at once. Others are answered meanwhile, and nothing of it stays behind: no open file, no
 * object on the heap. The service is a process of its own, with a heap that a leak would fill.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HostileClientsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final int OTHERS_PER_SECOND = 100;
    private static final int USERS = 20;
    private static final int CLIENTS = 100;
    private static final int MEGABYTE = 1 << 20;

    /** Some hundred responses of this length fill what the kernel holds for a connection. */
    private static final int LARGE = 10_000;

    /** Open files that come and go by themselves: connections to the stores, and of this test's own. */
    private static final int FEW_FILES = 5;

    /** What the JVM itself may have put on its heap meanwhile. */
    private static final long FEW_BYTES = 8 * MEGABYTE;

    private static final String HALF_A_REQUEST = "GET /v1/users?user_id=u0 HTTP/1.1\r\nHost: lo";
    private static final String HTTP2_PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

    private static Servers servers;
    private static Program program;
    private static ProgramMetrics metrics;
    private static int port;

    @BeforeAll
    static void start() {
        servers = Servers.shared();
        servers.sql("INSERT INTO users SELECT 'u' || i, 'app://u' || i, 'promo u' || i FROM generate_series(0, "
                + (USERS - 1) + ") i");
        Map<String, String> environment = servers.environment();
        environment.put("CHANGE_FEED", "off");
        environment.put("VERIFY_USERS_PER_SECOND", "0");
        // Whether others are answered is asked here, not whether a busy machine is in time for the usual budget.
        environment.put("REQUEST_TIMEOUT_MS", "2000");
        environment.put("HTTP_READ_TIMEOUT_SEC", "1");
        environment.put("HTTP_WRITE_TIMEOUT_SEC", "1");
        environment.put("HTTP_IDLE_TIMEOUT_SEC", "10");
        program = Program.start(List.of("-Xmx256m", "-XX:MaxDirectMemorySize=256m"), environment);
        port = program.awaitPort();
        metrics = ProgramMetrics.of(program);
        assertOthersAreServedAndNothingLeaks("nothing", () -> {});
    }

    @AfterAll
    static void stop() {
        metrics.close();
        program.close();
    }

    @Test
    void connections_idleAndAsManyAsAllowed_hurtNoOtherClient() {
        UnixOperatingSystemMXBean system = (UnixOperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        int number = (int) Math.min(10_000, system.getMaxFileDescriptorCount() - 2000);
        assertOthersAreServedAndNothingLeaks(number + " idle connections", () -> {
            List<RawClient> clients = new ArrayList<>();
            while (clients.size() < number) {
                clients.addAll(connect(port, 50));
                // So the service keeps pace: to accept them all at once is another matter.
                assertThat(clients.getLast().lookup("u1").status()).isEqualTo(200);
            }

            await().atMost(PATIENCE).until(() -> metrics.openFiles() > number);

            clients.forEach(RawClient::close);
        });
    }

    @Test
    void headers_oneByteAtATime_hurtNoOtherClient() {
        assertOthersAreServedAndNothingLeaks("a byte of a header every 200 ms", () -> {
            List<RawClient> clients = connect(port, CLIENTS);
            clients.forEach(client -> client.send(HALF_A_REQUEST));

            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(200)).until(() -> {
                clients.removeIf(client -> !isTaken(client, "x"));
                return clients.isEmpty();
            });
        });
    }

    @Test
    void responses_neverRead_hurtNoOtherClient() {
        AtomicLong taken = new AtomicLong();
        servers.put("large", "app://large", "x".repeat(LARGE));
        String requests = RawClient.request("large").repeat(100);
        assertOthersAreServedAndNothingLeaks("pipelined requests, no response read", () -> {
            assertAllAreCut(CLIENTS / 5, client -> {
                while (isTaken(client, requests)) {
                    taken.addAndGet(requests.length());
                }
            });
            System.out.printf("hostile clients: %.1f MB of requests were taken%n", taken.get() / 1e6);
        });
    }

    @Test
    void headers_ofAMegabyte_hurtNoOtherClient() {
        String headers = ("X-Long: " + "y".repeat(1000) + "\r\n").repeat(1000);
        assertOthersAreServedAndNothingLeaks(
                "1 MB of headers",
                () -> assertAllAreCut(CLIENTS, client -> isTaken(client, HALF_A_REQUEST + "\r\n" + headers)));
    }

    @Test
    void requestLine_ofAMegabyte_hurtsNoOtherClient() {
        String line = "GET /v1/users?user_id=" + "y".repeat(MEGABYTE) + " HTTP/1.1\r\n\r\n";
        assertOthersAreServedAndNothingLeaks(
                "1 MB of a request line", () -> assertAllAreCut(CLIENTS, client -> isTaken(client, line)));
    }

    @Test
    void garbage_behindAValidRequest_hurtsNoOtherClient() {
        assertOthersAreServedAndNothingLeaks(
                "garbage behind a good request",
                () -> assertAllAreCut(CLIENTS, client -> {
                    client.send(RawClient.request("u3") + "\u0001\u0002 garbage\r\n\r\n");
                    assertThat(client.readResponse().body()).contains("\"app://u3\"");
                }));
    }

    @Test
    void bytes_random_hurtNoOtherClient() {
        AtomicLong seed = new AtomicLong();
        assertOthersAreServedAndNothingLeaks(
                "random bytes",
                () -> assertAllAreCut(CLIENTS, client -> isTaken(client, garbage(seed.incrementAndGet()))));
    }

    @Test
    void garbage_behindThePrefaceOfHttp2_hurtsNoOtherClient() {
        AtomicLong seed = new AtomicLong();
        assertOthersAreServedAndNothingLeaks(
                "garbage behind the preface of HTTP/2",
                () -> assertAllAreCut(
                        CLIENTS, client -> isTaken(client, HTTP2_PREFACE + garbage(seed.incrementAndGet()))));
    }

    /** Nothing tells that these clients have gone: their connections are silent, and no end of them ever comes. */
    @Test
    void clients_vanished_hurtNoOtherClient() {
        assertOthersAreServedAndNothingLeaks("clients that vanish", () -> {
            long before = metrics.openFiles();
            try (FaultProxy proxy = FaultProxy.to(port)) {
                List<RawClient> clients = connect(proxy.port(), 3 * CLIENTS);
                await().atMost(PATIENCE).until(() -> metrics.openFiles() >= before + clients.size());
                clients.subList(0, 2 * CLIENTS)
                        .forEach(client ->
                                assertThat(client.lookup("u4").status()).isEqualTo(200));
                clients.subList(CLIENTS, 2 * CLIENTS).forEach(client -> client.send(HALF_A_REQUEST));
                clients.subList(2 * CLIENTS, 3 * CLIENTS).forEach(client -> client.send(HTTP2_PREFACE));

                proxy.strand();

                // The others may have more connections than before, but not as many as there are clients of a kind.
                await().atMost(PATIENCE).until(() -> metrics.openFiles() < before + CLIENTS / 2);
                clients.forEach(RawClient::close);
            }
        });
    }

    /** Lets something happen while others look up users. */
    private static void assertOthersAreServedAndNothingLeaks(String attack, Runnable happens) {
        long files = metrics.openFiles();
        long heap = metrics.heapAfterCollection();
        List<Answer> answers;
        try (SteadyLoad others = SteadyLoad.begin(port, OTHERS_PER_SECOND, i -> "u" + i % USERS)) {
            await().until(() -> !others.answers().isEmpty());
            happens.run();
            answers = others.end();
        }
        assertThat(answers.stream().filter(answer -> !isRight(answer))).isEmpty();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(metrics.openFiles()).isLessThanOrEqualTo(files + FEW_FILES));
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(metrics.heapAfterCollection()).isLessThanOrEqualTo(heap + FEW_BYTES));
        System.out.printf(
                "hostile clients: %s; %d other lookups, p50 %.1f ms, p99 %.1f ms, slowest %.0f ms; heap %.1f MB, then %.1f MB%n",
                attack,
                answers.size(),
                Answer.quantile(answers, 0.5).toNanos() / 1e6,
                Answer.quantile(answers, 0.99).toNanos() / 1e6,
                Answer.quantile(answers, 1).toNanos() / 1e6,
                heap / 1e6,
                metrics.heapAfterCollection() / 1e6);
    }

    private static boolean isRight(Answer answer) {
        return answer.status() == 200 && answer.response().body().contains("\"app://" + answer.userId() + "\"");
    }

    private static List<RawClient> connect(int port, int number) {
        List<RawClient> clients = new ArrayList<>();
        for (int i = 0; i < number; i++) {
            clients.add(RawClient.connect(port));
        }
        return clients;
    }

    /** Each of so many clients does something, all at once, and the service then closes its connection. */
    private static void assertAllAreCut(int number, Consumer<RawClient> deed) {
        List<RawClient> clients = connect(port, number);
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
            clients.stream()
                    .map(client -> CompletableFuture.runAsync(() -> deed.accept(client), threads))
                    .toList()
                    .forEach(CompletableFuture::join);
        }
        clients.forEach(RawClient::awaitCut);
        clients.forEach(RawClient::close);
    }

    /** Sends. @return false when the service has closed the connection */
    private static boolean isTaken(RawClient client, String text) {
        try {
            client.send(text);
            return true;
        } catch (UncheckedIOException e) {
            return false;
        }
    }

    /** Random bytes. */
    private static String garbage(long seed) {
        byte[] bytes = new byte[1 << 16];
        new Random(seed).nextBytes(bytes);
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }
}
