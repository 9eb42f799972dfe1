package dev.hotcold.changefeed;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the slot twice a second, on a connection and a thread of its own, so that the one that follows the log need not
 * stop for it. Thread-safe.
 */
final class SlotMonitor implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SlotMonitor.class);

    private static final Duration PERIOD = Duration.ofMillis(500);

    /** Without an answer for so long PostgreSQL counts as gone. */
    private static final Duration SILENCE = Duration.ofSeconds(5);

    /** How many looks at the slot there are between two at everything else that the feed needs. */
    private static final int LOOKS_BETWEEN_CHECKS = 20;

    /** What comes of a query that took too long, here for a lock. */
    private static final String QUERY_CANCELED = "57014";

    private final FeedDatabase database;
    private final Prerequisites prerequisites;
    private final ReplicationSlot slot;
    private final FeedStatus status;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile Optional<ReplicationSlot.State> latest = Optional.empty();
    private volatile Optional<String> lacking = Optional.empty();
    private volatile long answeredAt;
    private int looks;
    private @Nullable Connection connection;

    SlotMonitor(FeedDatabase database, Prerequisites prerequisites, ReplicationSlot slot, FeedStatus status) {
        this.database = database;
        this.prerequisites = prerequisites;
        this.slot = slot;
        this.status = status;
        this.answeredAt = System.nanoTime();
    }

    void start() {
        Thread.ofVirtual().name("change-feed-monitor").start(this::run);
    }

    /** The slot as it was at the last look; empty when there was none, neither slot nor look. */
    Optional<ReplicationSlot.State> latest() {
        return latest;
    }

    /** What the feed needs and PostgreSQL does not give any more; empty = nothing. Looked at every ten seconds. */
    Optional<String> lacking() {
        return lacking;
    }

    /** Forgets what it saw, for one who begins with another slot perhaps. */
    void forget() {
        latest = Optional.empty();
        lacking = Optional.empty();
    }

    /** Whether PostgreSQL has answered lately. */
    boolean hears() {
        return System.nanoTime() - answeredAt < SILENCE.toNanos();
    }

    private void run() {
        try {
            while (!closed.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS)) {
                look();
            }
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        } finally {
            disconnect();
        }
    }

    private void look() {
        try {
            Connection current = connection;
            if (current == null) {
                current = database.connect();
                connection = current;
            }
            latest = slot.state(current);
            answeredAt = System.nanoTime();
            status.lagBytes(latest.map(state -> (double) state.lagBytes()).orElse(Double.NaN));
            if (++looks % LOOKS_BETWEEN_CHECKS == 0) {
                lookAtTheRest(current);
            }
        } catch (SQLException | RuntimeException failure) {
            LOG.debug("The slot cannot be looked at now", failure);
            status.lagBytes(Double.NaN);
            disconnect();
        }
    }

    /** A table that is locked at this moment is none that is lacking. */
    private void lookAtTheRest(Connection current) throws SQLException {
        try {
            lacking = prerequisites.whatIsLackingInCatalog(current);
        } catch (SQLException failure) {
            if (!QUERY_CANCELED.equals(failure.getSQLState())) {
                throw failure;
            }
        }
    }

    private void disconnect() {
        Connection current = connection;
        connection = null;
        if (current != null) {
            try {
                current.close();
            } catch (SQLException e) {
                // It is gone already.
            }
        }
    }

    @Override
    public void close() {
        closed.countDown();
    }
}
