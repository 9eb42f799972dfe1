package dev.hotcold.lookup;

import dev.hotcold.loop.Completion;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.vertx.core.Future;
import java.time.Duration;

/**
 * The fast store, which may lose what it holds. A user is filled only under a lease, of which there is one per user among all that share
 * the store. Reads and fills of one event loop keep their order: a read begun after a fill sees it, as long as the store
 * is reachable.
 *
 * <p>Confined to: its event loop.
 */
public interface HotStore {

    /**
     * Reads a user. Fails only when the store is unavailable, and then soon: within its own timeout.
     *
     * @param outcome completed within this call or later
     */
    void read(UserId id, Completion<HotRead> outcome);

    /**
     * Reads a user even while the store is skipped because it fails or is slow: when no other store can answer. Fails when
     * it cannot be reached.
     */
    Future<HotRead> readAsLastResort(UserId id);

    /**
     * Whether nearly all recent reads missed, as they do after the store was flushed. Then it saves a round trip to request
     * the {@link #lease} at once, which finds a stored user too.
     */
    boolean expectsMisses();

    /** Whether what is read at this moment is provably not older than that. */
    boolean isProvenWithin(Duration most);

    /** Whether somebody is to tell the store of each change of a user: then it must not hold what may lack one that was told. */
    boolean isFollowed();

    /**
     * Asks for the lease of a user unless it is stored, and waits while somebody else holds it.
     *
     * @param deadline when waiting ends, by the clock of the loop
     * @return fails when the store is unavailable
     */
    Future<LeaseOutcome> lease(UserId id, long deadline);

    /**
     * Asks for the lease of a user that is stored and close to its soft TTL, to refresh it ahead. Does not wait.
     *
     * @return a lease, or anything else when none is needed or somebody else has it; fails when the store is unavailable
     */
    Future<LeaseOutcome> leaseAhead(UserId id);

    /**
     * Takes the lease of a user from any holder, whatever is stored, so that a fill replaces it.
     *
     * @return a lease, or {@link LeaseOutcome.Other#DENIED}; fails when the store is unavailable
     */
    Future<LeaseOutcome> seizeLease(UserId id);

    /**
     * Stores a user if the lease still stands, and ends it. Best effort: nobody waits for it, and only the observer hears of
     * a failure.
     */
    void fill(UserId id, UserJson user, LeaseToken lease);

    /**
     * Removes a user that does not exist; notes its absence, if the lease still stands and the store keeps such notes; ends
     * the lease.
     */
    void fillAbsent(UserId id, LeaseToken lease);

    /** Removes a user that does not exist, without a lease; ends the lease under which it may have been read. Best effort. */
    void invalidate(UserId id);

    /** Ends a lease without a fill, so that the next request need not wait until it expires. */
    void release(UserId id, LeaseToken lease);
}
