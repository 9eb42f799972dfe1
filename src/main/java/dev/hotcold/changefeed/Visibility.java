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

    Visibility(Connection queries) {
        this.queries = queries;
    }

    /** A transaction begins in the log. */
    void begin(int transaction) {
        present = transaction;
        presentIsSeen = false;
    }

    /** The present transaction changes users: before its changes are applied, readers must see it. */
    void changesUsers() {
        if (!presentIsSeen) {
            notSeenYet.add(present);
        }
    }

    /**
     * Waits until new readers see all transactions that changed users. It is no loss of time, since their writers are not
     * told either before.
     *
     * @return for how long fills must be held off; zero unless the wait was in vain
     */
    Duration await() throws SQLException {
        boolean presentIsMeant = notSeenYet.contains(present);
        long giveUpAt = System.nanoTime() + HOLD_OFF.toNanos();
        while (!isComplete()) {
            if (System.nanoTime() > giveUpAt) {
                return HOLD_OFF;
            }
            LockSupport.parkNanos(BETWEEN_SNAPSHOTS.toNanos());
        }
        presentIsSeen |= presentIsMeant;
        return Duration.ZERO;
    }

    /** Whether new readers see all of them by now. */
    boolean isComplete() throws SQLException {
        if (!notSeenYet.isEmpty()) {
            notSeenYet.removeIf(Snapshot.take(queries)::sees);
        }
        return notSeenYet.isEmpty();
    }
}
