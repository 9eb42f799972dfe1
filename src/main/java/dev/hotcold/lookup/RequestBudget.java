package dev.hotcold.lookup;

import java.time.Duration;

/**
 * The longest a caller waits for an answer ({@code REQUEST_TIMEOUT_MS}), and the one place that divides it, so that a hop
 * that fails leaves the next one time to answer.
 *
 * <pre>
 *   from the caller's arrival   0 ─── hotReply 1/3 ─── hotStore 1/2 ──────────── total 1
 *   from when each begins       queryTarget 1/6; coldQueue and staleAfter 1/3; lease and query 1
 *   before a query begins       expectedWait 1/2 of what the query leaves
 * </pre>
 *
 * @param total of one caller, from its own arrival; positive
 */
public record RequestBudget(Duration total) {

    /** The longest for one reply of the hot store. */
    public Duration hotReply() {
        return total.dividedBy(3);
    }

    /** The longest for the hot store altogether: the wait to be sent, the reply, and the wait for somebody else's lease. */
    public Duration hotStore() {
        return total.dividedBy(2);
    }

    /** How long a lease lasts: its holder has answered by then. */
    public Duration lease() {
        return total;
    }

    /** How long a caller waits for a refresh before it gets the stale user. */
    public Duration staleAfter() {
        return total.dividedBy(3);
    }

    /** How long a read waits for its query while others are served. */
    public Duration coldQueue() {
        return total.dividedBy(3);
    }

    /** How long one query should take at most; batches are sized by it. */
    public Duration queryTarget() {
        return total.dividedBy(6);
    }

    /**
     * How long a read may be expected to wait for its query; beyond, it is refused at once.
     *
     * @param query how long that query is expected to take
     */
    public Duration expectedWait(Duration query) {
        return total.minus(query).dividedBy(2);
    }

    /** How long one query may run before it is cancelled. */
    public Duration query() {
        return total;
    }
}
