package dev.hotcold.lookup;

/**
 * Hears what lookups and their stores do. Implementations are called from all event loops, must not block, must not
 * throw and should cost next to nothing.
 */
public interface LookupObserver {

    /** How a request to a store went wrong. */
    enum Failure {
        /** No reply in time. */
        TIMEOUT,
        /** No connection, or it broke. */
        DISCONNECTED,
        /** The store replied with an error. */
        ERROR_REPLY,
        /** It was not sent: too much waits already. */
        OVERLOADED,
        /** It was not sent, or does not count: the circuit breaker is open, or the cache is another deployment's. */
        SKIPPED
    }

    /** A request named no valid user, so nothing was looked up. */
    void lookupRejected();

    /** A lookup ended. */
    void lookedUp(LookupResult result, long nanos);

    /** A batch of reads was sent to the hot store. */
    void hotBatchSent(int keys);

    /** A batch of reads that was sent to the hot store has ended, well or not. */
    void hotBatchEnded(long nanos);

    /** Reads of the hot store failed. */
    void hotReadsFailed(int reads, Failure failure);

    /** The number of event loops whose circuit breaker of the hot store is open changed. */
    void hotBreakers(int change);

    /** The hot store held a value that is no user; it counts as nothing and will be overwritten. */
    void hotValueRejected();

    /** Reads were answered by the near cache; reported a little later. */
    void nearHits(int hits);

    /** The number of users in near caches changed. */
    void nearEntries(int change);

    /** The hot store invalidated users of a near cache. */
    void nearInvalidations(int users);

    /** A near cache was flushed: invalidations may have been missed. */
    void nearFlushed();

    /** A lease that was requested was granted or not. */
    void leaseEnded(LeaseOutcome outcome);

    /** Requests for leases failed. */
    void leasesFailed(int leases, Failure failure);

    /**
     * Fills reached the hot store, so far as their leases still stood.
     *
     * @param stored how many it took
     * @param leaseLost how many it dropped, because a change or the time had ended their lease
     */
    void fillsEnded(int stored, int leaseLost);

    /** Fills did not reach the hot store, or were refused there. */
    void fillsFailed(int fills, Failure failure);

    /** A read of the cold store began to wait for its batch. */
    void coldReadQueued();

    /** Reads of the cold store left the queue: sent, expired or failed. */
    void coldReadsDequeued(int reads);

    /** A query was sent to the cold store. */
    void coldBatchSent(int ids);

    /** A query that was sent to the cold store has ended, well or not. */
    void coldBatchEnded(long nanos);

    /** Reads of the cold store failed. */
    void coldReadsFailed(int reads, Failure failure);

    /** The number of connections to the cold store changed. */
    void coldConnections(int change);
}
