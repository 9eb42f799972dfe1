package dev.hotcold.testkit;

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
    public void fillSent() {}

    @Override
    public void fillFailed(Failure failure) {}

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
}
