package dev.hotcold.changefeed;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;

/**
 * Whether new readers see the transactions whose changes are about to be applied. A commit stands in the log an instant
 * before they do, and a reader of that instant could fill the old user right after the change was applied.
 *
 * <p>Confined to: the thread of its feed, which it blocks.
 */
final class Visibility {

    /** How long a commit is waited for, and for how long fills are held off after that. */
    static final Duration HOLD_OFF = Duration.ofMillis(250);

    private static final Duration BETWEEN_SNAPSHOTS = Duration.ofNanos(300_000);

    private final Connection queries;
    private final Set<Integer> notSeenYet = new HashSet<>();
    private int present;
    private boolean presentIsSeen;
    private boolean presentIsGivenUp;

    Visibility(Connection queries) {
        this.queries = queries;
    }

    /** A transaction begins in the log. */
    void begin(int transaction) {
        present = transaction;
        presentIsSeen = false;
        presentIsGivenUp = false;
    }

    /** The present transaction changes users: before its changes are applied, readers must see it. */
    void changesUsers() {
        if (!presentIsSeen) {
            notSeenYet.add(present);
        }
    }

    /**
     * Waits until new readers see all transactions that changed users. It is no loss of time, since their writers are not
     * told either before. For the rest of a transaction that was waited for in vain it does not wait again.
     *
     * @param meanwhile called again and again while it takes
     * @return for how long fills must be held off; zero unless the wait was in vain
     */
    Duration await(Runnable meanwhile) throws SQLException {
        boolean presentIsMeant = notSeenYet.contains(present);
        long giveUpAt = System.nanoTime() + (presentIsGivenUp ? 0 : HOLD_OFF.toNanos());
        while (!isComplete()) {
            if (System.nanoTime() >= giveUpAt) {
                presentIsGivenUp |= notSeenYet.contains(present);
                return HOLD_OFF;
            }
            meanwhile.run();
            LockSupport.parkNanos(BETWEEN_SNAPSHOTS.toNanos());
        }
        presentIsSeen |= presentIsMeant;
        return Duration.ZERO;
    }

    /** Those that were waited for in vain; from now on they are the caller's to look after. */
    Set<Integer> takeUnseen() {
        Set<Integer> unseen = Set.copyOf(notSeenYet);
        notSeenYet.clear();
        return unseen;
    }

    private boolean isComplete() throws SQLException {
        if (!notSeenYet.isEmpty()) {
            notSeenYet.removeIf(Snapshot.take(queries)::sees);
        }
        return notSeenYet.isEmpty();
    }
}
