package dev.hotcold.hot.batch;

import dev.hotcold.lookup.RequestBudget;
import java.time.Duration;

/**
 * Bounds of reads on their way to a Redis node.
 *
 * @param batchesInFlight upper bound, over all event loops, of read batches that wait for a reply; each loop may have one
 * @param queueTimeout the longest a read waits to be sent while that bound is reached; zero = it does not wait
 */
public record ReadLimits(int batchesInFlight, Duration queueTimeout) {

    /**
     * The bounds of one event loop's reads: its share of the batches, and a wait after which the reply still fits into the hot
     * store's part of the budget.
     *
     * @param replyTime how long a batch may wait for its reply
     */
    public Reads.Bounds ofOneLoop(int loops, RequestBudget budget, Duration replyTime) {
        Duration most = budget.hotStore().minus(replyTime);
        Duration queueTime = queueTimeout.compareTo(most) <= 0 ? queueTimeout : most;
        return new Reads.Bounds(Math.max(1, batchesInFlight / loops), queueTime);
    }
}
