package dev.hotcold.app.warmup;

import dev.hotcold.lookup.LeaseOutcome;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupResult;

/**
 * Passes on what stores do, but for what they do for trials: that is not counted. Levels, such as the number of connections,
 * always are.
 *
 * <p>Confined to: its event loop.
 */
public final class TrialObserver implements LookupObserver {

    private final LookupObserver delegate;
    private boolean counting;

    /** Batches that were sent for trials; as many ends are not passed on either. */
    private int hotBatches;

    private int coldBatches;

    /** Fills that were begun for trials: the first whose ends are heard of. */
    private int fills;

    /** Begins with trials. */
    public TrialObserver(LookupObserver delegate) {
        this.delegate = delegate;
    }

    /** A fill is begun for a trial. */
    void fillBegins() {
        fills++;
    }

    /** The trials are over. */
    void count() {
        counting = true;
    }

    @Override
    public void lookupRejected() {
        if (counting) {
            delegate.lookupRejected();
        }
    }

    @Override
    public void lookedUp(LookupResult result, long nanos) {
        if (counting) {
            delegate.lookedUp(result, nanos);
        }
    }

    @Override
    public void hotBatchSent(int keys) {
        if (counting) {
            delegate.hotBatchSent(keys);
        } else {
            hotBatches++;
        }
    }

    @Override
    public void hotBatchEnded(long nanos) {
        if (hotBatches > 0) {
            hotBatches--;
        } else {
            delegate.hotBatchEnded(nanos);
        }
    }

    @Override
    public void hotReadsFailed(int reads, Failure failure) {
        if (counting) {
            delegate.hotReadsFailed(reads, failure);
        }
    }

    @Override
    public void hotBreakers(int change) {
        delegate.hotBreakers(change);
    }

    @Override
    public void hotValueRejected() {
        if (counting) {
            delegate.hotValueRejected();
        }
    }

    @Override
    public void nearHits(int hits) {
        if (counting) {
            delegate.nearHits(hits);
        }
    }

    @Override
    public void nearEntries(int change) {
        delegate.nearEntries(change);
    }

    @Override
    public void nearInvalidations(int users) {
        if (counting) {
            delegate.nearInvalidations(users);
        }
    }

    @Override
    public void nearFlushed() {
        if (counting) {
            delegate.nearFlushed();
        }
    }

    @Override
    public void leaseEnded(LeaseOutcome outcome) {
        if (counting) {
            delegate.leaseEnded(outcome);
        }
    }

    @Override
    public void leasesFailed(int leases, Failure failure) {
        if (counting) {
            delegate.leasesFailed(leases, failure);
        }
    }

    @Override
    public void fillsEnded(int stored, int leaseLost) {
        int ofTrials = Math.min(fills, stored + leaseLost);
        fills -= ofTrials;
        int counted = stored + leaseLost - ofTrials;
        if (counted > 0) {
            int lost = Math.min(leaseLost, counted);
            delegate.fillsEnded(counted - lost, lost);
        }
    }

    @Override
    public void fillsFailed(int failed, Failure failure) {
        int ofTrials = Math.min(fills, failed);
        fills -= ofTrials;
        if (failed > ofTrials) {
            delegate.fillsFailed(failed - ofTrials, failure);
        }
    }

    @Override
    public void coldReadQueued() {
        delegate.coldReadQueued();
    }

    @Override
    public void coldReadsDequeued(int reads) {
        delegate.coldReadsDequeued(reads);
    }

    @Override
    public void coldBatchSent(int ids) {
        if (counting) {
            delegate.coldBatchSent(ids);
        } else {
            coldBatches++;
        }
    }

    @Override
    public void coldBatchEnded(long nanos) {
        if (coldBatches > 0) {
            coldBatches--;
        } else {
            delegate.coldBatchEnded(nanos);
        }
    }

    @Override
    public void coldReadsFailed(int reads, Failure failure) {
        if (counting) {
            delegate.coldReadsFailed(reads, failure);
        }
    }

    @Override
    public void coldConnections(int change) {
        delegate.coldConnections(change);
    }
}
