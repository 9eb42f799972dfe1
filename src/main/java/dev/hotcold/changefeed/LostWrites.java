package dev.hotcold.changefeed;

import dev.hotcold.blocking.BlockingTime;
import dev.hotcold.changefeed.apply.SessionEndedException;
import dev.hotcold.changefeed.apply.StartPosition;
import dev.hotcold.changefeed.recent.RecentChanges;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.user.UserId;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * What becomes of changes that the hot store has lost, as in a failover: the instance that applied them knows them, and applies them
 * again. Another one makes way for it, once.
 *
 * <p>Confined to: the thread of its feed.
 */
final class LostWrites {

    private static final String LOST = "Redis lacks the last changes that were applied to it, as after a failover;"
            + " the instance that applied them is let go first, and does so again";

    /** Then it is another loss. */
    private static final Duration FORGOTTEN = Duration.ofMinutes(1);

    private final RecentChanges recent;
    private final BlockingTime time;
    private boolean hasMadeWay;
    private long madeWayAt;

    LostWrites(BlockingTime time) {
        this.time = time;
        this.recent = new RecentChanges(time);
    }

    /** The same hot store, of which it is remembered what it is told. */
    ChangeSink recorded(ChangeSink sink) {
        return recent.recorded(sink);
    }

    /**
     * Whose changes are to be applied again.
     *
     * @return empty = they are not known, or there are none
     * @throws SessionEndedException when another instance may know them
     */
    Optional<Set<UserId>> find(CacheContinuity continuity, ChangeSink.Applied applied, StartPosition start) {
        Optional<Set<UserId>> lost = continuity == CacheContinuity.BEHIND_SLOT
                ? recent.since(applied, start.acknowledged())
                : Optional.empty();
        boolean hasJustDoneSo = hasMadeWay && time.nanos() - madeWayAt < FORGOTTEN.toNanos();
        hasMadeWay = continuity == CacheContinuity.BEHIND_SLOT && lost.isEmpty() && !hasJustDoneSo;
        if (hasMadeWay) {
            madeWayAt = time.nanos();
            throw SessionEndedException.makingWay(LOST);
        }
        return lost;
    }

    /**
     * Changes are applied from now on to what is cached, or to nothing where it was flushed.
     *
     * @param log names the log that positions are of
     */
    void begin(CacheContinuity continuity, ChangeSink.Applied applied, String log, StartPosition start) {
        Optional<Lsn> kept = applied.position().filter(position -> continuity.isContinued());
        recent.begin(log, kept.orElse(start.acknowledged()), kept.isPresent() ? applied.notedBy() : "");
    }
}
