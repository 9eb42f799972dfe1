package dev.hotcold.cold.pool;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Bounds of the connection pools.
 *
 * @param maxConnections upper bound of connections over all event loops; 1 or more
 * @param healthCheckPeriod how often PostgreSQL is probed, and connections that are too old or idle are closed
 * @param maxIdle a connection unused for this long is closed; zero = no limit
 * @param maxLifetime a connection older than this is closed once it is idle; zero = no limit
 * @param lifetimeSpread by how much less, at random, so that connections opened together are not closed together
 */
public record PoolSettings(
        int maxConnections,
        Duration healthCheckPeriod,
        Duration maxIdle,
        Duration maxLifetime,
        Duration lifetimeSpread) {

    /** Lifetimes are the same. */
    public PoolSettings(int maxConnections, Duration healthCheckPeriod, Duration maxIdle, Duration maxLifetime) {
        this(maxConnections, healthCheckPeriod, maxIdle, maxLifetime, Duration.ZERO);
    }

    /**
     * Queries in flight on one event loop. More make the batches smaller and PostgreSQL busier for the same answers:
     * see docs/decisions/0006-cold-path-batching.md for the measurement.
     */
    private static final int MAX_PER_LOOP = 3;

    /**
     * A batch for each allowed connection. No setting: shedding by expected wait decides long before where it matters, see
     * docs/decisions/0014-load-shedding-by-query-cost.md.
     */
    private static final int WAITING_PER_CONNECTION = 256;

    /** How long the next connection may live; zero = no limit. */
    Duration lifetime() {
        return maxLifetime.minusNanos(ThreadLocalRandom.current().nextLong(lifetimeSpread.toNanos() + 1));
    }

    /**
     * Upper bound of connections of one event loop; 1 or more.
     *
     * @param loops how many event loops share the bound of all
     */
    public int connectionsPerLoop(int loops) {
        return Math.max(1, Math.min(MAX_PER_LOOP, maxConnections / loops));
    }

    /**
     * Upper bound of reads that wait for a query on one event loop; 1 or more.
     *
     * @param loops how many event loops share the bound of all
     */
    public int waitingPerLoop(int loops) {
        return Math.max(1, WAITING_PER_CONNECTION * maxConnections / loops);
    }
}
