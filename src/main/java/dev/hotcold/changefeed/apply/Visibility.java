package dev.hotcold.changefeed.apply;

import dev.hotcold.blocking.BlockingTime;
import java.sql.SQLException;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;

/**
 * Whether new readers see the transactions whose changes are about to be applied. A commit is in the log an instant before
 * they do, and a reader of that instant could fill the old user right after the change was applied.
 *
 * <p>Confined to: the thread of its feed, which it blocks.
 */
final class Visibility {

    /** How long a commit is waited for, and for how long fills are held off after that. */
    static final Duration HOLD_OFF = Duration.ofMillis(250);

    private static final Duration BETWEEN_SNAPSHOTS = Duration.ofNanos(300_000);

    private final Snapshots snapshots;
    private final BlockingTime time;
    private final Set<Integer> unseen = new HashSet<>();
    private int current;
    private boolean currentIsSeen;
    private boolean currentTimedOut;

    Visibility(Snapshots snapshots, BlockingTime time) {
        this.snapshots = snapshots;
        this.time = time;
    }

    /** A transaction begins in the log. */
    void begin(int transaction) {
        current = transaction;
        currentIsSeen = false;
        currentTimedOut = false;
    }

    /** The current transaction changes users: before its changes are applied, readers must see it. */
    void changesUsers() {
        if (!currentIsSeen) {
            unseen.add(current);
        }
    }

    /**
     * Waits until new readers see all transactions that changed users. That costs no freshness, since their writers do not get
     * their acknowledgement before either. For the rest of a transaction that has timed out it does not wait again.
     *
     * @param keepAlive called again and again meanwhile
     * @return for how long fills must be held off; zero unless the wait timed out
     */
    Duration await(Runnable keepAlive) throws SQLException {
        boolean currentIsAwaited = unseen.contains(current);
        long timesOutAt = time.nanos() + (currentTimedOut ? 0 : HOLD_OFF.toNanos());
        while (!areAllSeen()) {
            if (time.nanos() - timesOutAt >= 0) {
                currentTimedOut |= unseen.contains(current);
                return HOLD_OFF;
            }
            keepAlive.run();
            time.pause(BETWEEN_SNAPSHOTS);
        }
        currentIsSeen |= currentIsAwaited;
        return Duration.ZERO;
    }

    /** The transactions that {@link #await} has timed out for; from now on they are the caller's to look after. */
    Set<Integer> takeUnseen() {
        Set<Integer> taken = Set.copyOf(unseen);
        unseen.clear();
        return taken;
    }

    private boolean areAllSeen() throws SQLException {
        if (!unseen.isEmpty()) {
            unseen.removeIf(snapshots.take()::sees);
        }
        return unseen.isEmpty();
    }
}
