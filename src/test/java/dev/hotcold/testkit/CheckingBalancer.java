package dev.hotcold.testkit;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What a balancer does with each request: sends it, over a connection of its own, to the next instance that is up. An instance
 * is down after so many checks of its {@code /readyz} in a row that found it not ready, and up again after one that did not. A
 * request that fails is not repeated. Thread-safe.
 */
public final class CheckingBalancer implements AutoCloseable {

    private final List<Instance> instances = new ArrayList<>();
    private final AtomicInteger turn = new AtomicInteger();
    private final ScheduledExecutorService checks = Executors.newSingleThreadScheduledExecutor(
            Thread.ofVirtual().name("balancer-checks").factory());

    /** One that is balanced over. */
    private static final class Instance {

        private final int port;
        private final int fall;
        private volatile int failedInARow;

        private Instance(int port, int fall) {
            this.port = port;
            this.fall = fall;
        }

        private boolean isUp() {
            return failedInARow < fall;
        }

        @SuppressWarnings("NonAtomicVolatileUpdate") // by the thread of the checks alone
        private void check() {
            boolean ready;
            try (RawClient client = RawClient.connect(port)) {
                ready = client.send("GET /readyz HTTP/1.1\r\nHost: localhost\r\n\r\n")
                                .readResponse()
                                .status()
                        == 200;
            } catch (UncheckedIOException gone) {
                ready = false;
            }
            failedInARow = ready ? 0 : failedInARow + 1;
        }
    }

    /**
     * Begins to check, at once for the first time.
     *
     * @param seconds between two checks of an instance
     * @param fall how many checks in a row must fail
     */
    public CheckingBalancer(int seconds, int fall, List<Integer> ports) {
        for (int port : ports) {
            Instance instance = new Instance(port, fall);
            instances.add(instance);
            var _ = checks.scheduleAtFixedRate(instance::check, 0, seconds, TimeUnit.SECONDS);
        }
    }

    /** Looks a user up. Fails as the connection to the instance does. */
    public Response lookup(String userId) {
        int first = turn.getAndIncrement();
        for (int i = 0; i < instances.size(); i++) {
            Instance next = instances.get(Math.floorMod(first + i, instances.size()));
            if (next.isUp()) {
                try (RawClient client = RawClient.connect(next.port)) {
                    return client.lookup(userId);
                }
            }
        }
        throw new IllegalStateException("no instance is up");
    }

    /** How many instances are up. */
    public long up() {
        return instances.stream().filter(Instance::isUp).count();
    }

    @Override
    public void close() {
        checks.shutdownNow();
    }
}
