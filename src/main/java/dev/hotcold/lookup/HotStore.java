package dev.hotcold.lookup;

import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.vertx.core.Future;

/**
 * The fast store that may forget. A user is filled only under a lease, of which there is one per user among all that share
 * the store. Reads and fills of one event loop keep their order: a read begun after a fill sees it, so long as the store
 * is reachable.
 *
 * <p>Confined to: its event loop.
 */
public interface HotStore {

    /**
     * Looks for a user. Fails only when the store could not say, and then soon: within its own timeout.
     *
     * @param reader called within this call or later
     */
    void read(UserId id, HotReader reader);

    /**
     * Looks for a user also while the store is not asked otherwise because it fails or is slow: when nobody else can say.
     * Fails when it cannot be reached.
     */
    Future<HotRead> readAsLastResort(UserId id);

    /**
     * Whether nearly all users that were looked for of late were missing, as they are when the store has just been emptied.
     * Then it saves a round trip to ask for the {@link #lease} at once, which finds a stored user too.
     */
    boolean expectsMisses();

    /**
     * Asks for the lease of a user unless it is stored, and waits while somebody else holds it.
     *
     * @param deadline when waiting ends, by the clock of the lookup
     * @return fails when the store could not say
     */
    Future<LeaseOutcome> lease(UserId id, long deadline);

    /**
     * Asks for the lease of a user whose time ends soon, so as to read it anew. Does not wait.
     *
     * @return a lease, or anything else when there is no need for it or somebody else has it; fails when the store could
     *     not say
     */
    Future<LeaseOutcome> leaseEarly(UserId id);

    /**
     * Takes the lease of a user whoever holds it and whatever is stored, so that a fill replaces it.
     *
     * @return a lease, or {@link LeaseOutcome.Other#DENIED}; fails when the store could not say
     */
    Future<LeaseOutcome> seizeLease(UserId id);

    /**
     * Stores a user if the lease still stands, and ends it. Best effort: nobody waits for it, and a failure is told to the
     * observer alone.
     */
    void fill(UserId id, UserJson user, LeaseToken lease);

    /**
     * Removes a user that does not exist; notes that, if the lease still stands and so far as the store keeps such notes;
     * ends the lease.
     */
    void fillAbsent(UserId id, LeaseToken lease);

    /** Removes a user that does not exist, without a lease; ends that of whoever may have read it before. Best effort. */
    void forget(UserId id);

    /** Ends a lease without a fill, so that the next one to ask need not wait for its time. */
    void release(UserId id, LeaseToken lease);
}
