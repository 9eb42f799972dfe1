package dev.hotcold.testkit;

import dev.hotcold.lookup.LeaseOutcome;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupResult;

/** Hears nothing; a test overrides what it wants to hear. */
public class SilentObserver implements LookupObserver {

    @Override
    public void lookupRejected() {}

    @Override
    public void lookedUp(LookupResult result, long nanos) {}

    @Override
    public void hotBatchSent(int keys) {}

    @Override
    public void hotBatchEnded(long nanos) {}

    @Override
    public void hotReadsFailed(int reads, Failure failure) {}

    @Override
    public void hotValueRejected() {}

    @Override
    public void nearHits(int hits) {}

    @Override
    public void nearEntries(int change) {}

    @Override
    public void nearInvalidations(int users) {}

    @Override
    public void nearFlushed() {}

    @Override
    public void leaseEnded(LeaseOutcome outcome) {}

    @Override
    public void leasesFailed(int leases, Failure failure) {}

    @Override
    public void fillsEnded(int stored, int leaseLost) {}

    @Override
    public void fillsFailed(int fills, Failure failure) {}

    @Override
    public void coldReadQueued() {}

    @Override
    public void coldReadsDequeued(int reads) {}

    @Override
    public void coldBatchSent(int ids) {}

    @Override
    public void coldBatchEnded(long nanos) {}

    @Override
    public void coldReadsFailed(int reads, Failure failure) {}

    @Override
    public void coldConnections(int change) {}

    @Override
    public void hotBreakers(int change) {}
}
