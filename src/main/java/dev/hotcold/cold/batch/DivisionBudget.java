package dev.hotcold.cold.batch;

import dev.hotcold.loop.Loop;
import java.time.Duration;

/**
 * How many queries that failed may be divided: a token bucket for all searches of one loop. Each division costs PostgreSQL two more
 * queries; where many rows cannot be read, searches would take its time from reads that it can answer.
 *
 * <p>Confined to: its event loop.
 */
final class DivisionBudget {

    /**
     * Divisions at once, and in a second. To find one row among 256 takes eight, so that a loop finds sixteen rows a second with 256
     * short queries, a part of what one connection runs; within the time for which they are remembered ({@link IsolatedIds#TIME}), half
     * as many as are remembered.
     */
    static final int MOST = 128;

    /** Ids of a query while divisions run out. */
    static final int FEW_IDS = 16;

    private static final double PER_NANO = (double) MOST / Duration.ofSeconds(1).toNanos();

    private final Loop loop;
    private double left = MOST;
    private long filledAt;

    DivisionBudget(Loop loop) {
        this.loop = loop;
        this.filledAt = loop.nanos();
    }

    /** Takes one; false = there is none. */
    boolean take() {
        fill();
        if (left < 1) {
            return false;
        }
        left--;
        return true;
    }

    /**
     * How many ids a query may have that is sent for the first time. When more than half of the divisions are gone, so few that one
     * that is not divided takes few reads with it.
     */
    int maxFreshIds() {
        fill();
        return left < MOST / 2.0 ? FEW_IDS : Integer.MAX_VALUE;
    }

    private void fill() {
        long now = loop.nanos();
        left = Math.min(MOST, left + (now - filledAt) * PER_NANO);
        filledAt = now;
    }
}
