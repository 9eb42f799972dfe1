package dev.hotcold.hot.batch;

import dev.hotcold.lookup.LeaseOutcome;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import io.vertx.core.Promise;

/**
 * One call's attempt to get the lease of a user, which may take several requests. Its deadline as an entry is the end of a
 * pause between two of them.
 *
 * <p>Confined to: its event loop.
 */
final class LeaseAttempt extends DeadlineQueue.Entry {

    /** How the lease is requested. */
    enum Mode {
        /** Unless something is cached. */
        ASK,
        /** Although something is cached: it is damaged. */
        REPAIR,
        /** Although something is cached: its soft TTL ends soon. */
        REFRESH_AHEAD,
        /** From any holder. */
        SEIZE
    }

    private final Leases owner;
    private final UserId id;
    private final long giveUpAt;
    private final Promise<LeaseOutcome> outcome = Promise.promise();
    private Mode mode;
    private int pauses;

    /** @param giveUpAt by the loop's clock */
    LeaseAttempt(Leases owner, UserId id, long giveUpAt, Mode mode) {
        this.owner = owner;
        this.id = id;
        this.giveUpAt = giveUpAt;
        this.mode = mode;
    }

    UserId id() {
        return id;
    }

    Mode mode() {
        return mode;
    }

    long giveUpAt() {
        return giveUpAt;
    }

    Future<LeaseOutcome> future() {
        return outcome.future();
    }

    /** How many pauses there were before this one. */
    int nextPause() {
        return pauses++;
    }

    void complete(LeaseOutcome ending) {
        outcome.tryComplete(ending);
    }

    void fail(StoreFailure failure) {
        outcome.tryFail(failure);
    }

    /** Asks once more, now for a lease in place of a damaged value. */
    void repair() {
        mode = Mode.REPAIR;
        owner.submit(this);
    }

    @Override
    protected boolean isSettled() {
        return false;
    }

    /** The pause is over. */
    @Override
    protected void expire() {
        mode = Mode.ASK;
        owner.submit(this);
    }
}
