package dev.hotcold.changefeed;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** How the change feed does, for whoever asks. Written by its threads, read by any. */
public final class FeedStatus {

    private static final Logger LOG = LoggerFactory.getLogger(FeedStatus.class);

    private static final double CATCHING_UP_BYTES = 1_000_000;

    /** What this instance does for the feed. */
    public enum Role {
        /** Nothing: it is off, or PostgreSQL does not allow it, or cannot be reached. */
        NONE,
        /** Another instance follows the log; this one takes over when that ends. */
        STANDBY,
        /** This instance follows the log. */
        OWNER
    }

    private final LongAdder changes = new LongAdder();
    private final LongAdder clears = new LongAdder();
    private final LongAdder sessions = new LongAdder();
    private final CountDownLatch firstOutcome = new CountDownLatch(1);
    private volatile Role role = Role.NONE;
    private volatile String problem = "";
    private volatile double lagSeconds = Double.NaN;
    private volatile double lagBytes = Double.NaN;

    /** What this instance does. */
    public Role role() {
        return role;
    }

    /** Whether changes are followed at this moment, by this instance or another. */
    public boolean isRunning() {
        return role != Role.NONE;
    }

    /** Whether there is more to apply than what comes in at this moment. */
    public boolean isCatchingUp() {
        return isRunning() && lagBytes > CATCHING_UP_BYTES;
    }

    /** What ails the feed; empty when nothing does. */
    public Optional<String> problem() {
        String current = problem;
        return current.isEmpty() ? Optional.empty() : Optional.of(current);
    }

    /** How long ago the oldest commit was made that is not applied yet; 0 = all are, NaN = this instance does not know. */
    public double lagSeconds() {
        return lagSeconds;
    }

    /** How far PostgreSQL's log goes on behind what was acknowledged; NaN = not known. */
    public double lagBytes() {
        return lagBytes;
    }

    /** How many changes this instance has applied. */
    public long changes() {
        return changes.sum();
    }

    /** How often this instance has emptied the hot store. */
    public long clears() {
        return clears.sum();
    }

    /** How often this instance has begun to follow the log. */
    public long sessions() {
        return sessions.sum();
    }

    void enter(Role next) {
        if (next != role) {
            LOG.info(
                    "Change feed: {}",
                    switch (next) {
                        case NONE -> "changes are not followed";
                        case STANDBY -> "another instance follows the changes";
                        case OWNER -> "this instance follows the changes";
                    });
        }
        if (next == Role.OWNER) {
            sessions.increment();
        } else {
            lagSeconds = Double.NaN;
        }
        role = next;
        if (next != Role.NONE) {
            problem = "";
            firstOutcome.countDown();
        }
    }

    void ailing(String what) {
        if (!what.equals(problem)) {
            LOG.warn("Change feed: {}", what);
        }
        problem = what;
        firstOutcome.countDown();
    }

    /** Waits until it is known whether changes are followed, at most so long. */
    void awaitFirstOutcome(Duration most) {
        try {
            var _ = firstOutcome.await(most.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    void applied(int count) {
        changes.add(count);
    }

    void cleared() {
        clears.increment();
    }

    void lag(Duration lag) {
        lagSeconds = lag.toMillis() / 1000.0;
    }

    void lagBytes(double bytes) {
        lagBytes = bytes;
    }
}
