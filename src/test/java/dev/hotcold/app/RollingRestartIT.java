package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hotcold.testkit.CheckingBalancer;
import dev.hotcold.testkit.FrontProxy;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * One of two instances behind a balancer is stopped under load, as in a rolling restart with nothing set: no request fails,
 * though the balancer takes four seconds to notice, repeats nothing, and opens a connection for each request.
 */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class RollingRestartIT {

    private static final int CLIENTS = 4;
    private static final Duration BETWEEN_LOOKUPS = Duration.ofMillis(5);

    /** At the clients' pace that takes more than three seconds, so the balancer has asked twice. */
    private static final int BEFORE = 3_000;

    private static final int AFTER = 500;

    private final Servers servers = Servers.shared();

    @TempDir
    private Path directory;

    @Test
    void sigterm_behindABalancerThatChecksReadiness_noRequestFails() throws Exception {
        servers.put("alice", "app://alice", "Hi");
        try (Program stopped = start();
                Program other = start();
                CheckingBalancer balancer =
                        new CheckingBalancer(2, 2, List.of(stopped.awaitPort(), other.awaitPort()))) {
            restart(stopped, () -> balancer.lookup("alice"));

            assertThat(balancer.up()).isEqualTo(1);
        }
    }

    @Test
    void sigterm_behindHaproxy_noRequestFails() throws Exception {
        // A proxy is no library of Maven; the test above holds the same without one.
        assumeTrue(FrontProxy.isInstalled("haproxy"), "haproxy is not on PATH, so the service is not tried behind it");
        servers.put("alice", "app://alice", "Hi");
        try (Program stopped = start();
                Program other = start();
                FrontProxy haproxy =
                        FrontProxy.haproxy("haproxy-restart.cfg", directory, stopped.awaitPort(), other.awaitPort())) {
            restart(stopped, () -> {
                try (RawClient client = RawClient.connect(haproxy.port())) {
                    return client.lookup("alice");
                }
            });
        }
    }

    /** With a budget for a busy machine: what is tried is no speed. */
    private Program start() {
        var environment = servers.environment();
        environment.put("REQUEST_TIMEOUT_MS", "20000");
        return Program.start(environment);
    }

    private static void restart(Program stopped, Supplier<Response> lookup) throws Exception {
        AtomicLong answered = new AtomicLong();
        Queue<Object> failures = new ConcurrentLinkedQueue<>();
        CountDownLatch enough = new CountDownLatch(1);
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<?>> running = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                running.add(clients.submit(() -> {
                    // The load's pace, and no wait for anything.
                    while (!enough.await(BETWEEN_LOOKUPS.toMillis(), TimeUnit.MILLISECONDS)) {
                        lookUp(lookup, answered, failures);
                    }
                    return null;
                }));
            }
            await().atMost(Duration.ofSeconds(60)).until(() -> answered.get() > BEFORE);

            stopped.terminate();

            assertThat(stopped.awaitEnd().exitCode()).isZero();
            long atTheEnd = answered.get();
            await().atMost(Duration.ofSeconds(60)).until(() -> answered.get() > atTheEnd + AFTER);
            enough.countDown();
            for (Future<?> client : running) {
                client.get();
            }
        }
        assertThat(failures)
                .as("failed beside %d that were answered", answered.get())
                .isEmpty();
    }

    private static void lookUp(Supplier<Response> lookup, AtomicLong answered, Queue<Object> failures) {
        try {
            Response response = lookup.get();
            if (response.status() == 200) {
                answered.incrementAndGet();
            } else {
                failures.add(response);
            }
        } catch (RuntimeException failure) {
            failures.add(failure);
        }
    }
}
