package dev.hotcold.changefeed;

import dev.hotcold.blocking.BlockingTime;
import dev.hotcold.changefeed.apply.SessionEndedException;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.FollowedLog;
import java.time.Duration;
import java.util.Optional;

/**
 * Whether somebody else feeds the same cache from a newer timeline. Behind one address, or by settings that differ, two instances can
 * reach two primaries of one cluster, the former one and the one that was promoted: each would flush what the other has followed. The
 * one of the past leaves it to the other while that lives, and once that is gone, as after a restore, no longer.
 *
 * <p>Confined to: the thread of its feed, which it blocks.
 */
final class Rivals {

    /** Who lives shows it twice a second, but for a moment in which it hangs, or Redis does. */
    static final Duration PATIENCE = Duration.ofSeconds(10);

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(200);

    private final ChangeSink sink;
    private final Takeover.Watch watch;
    private final FeedStatus status;
    private final BlockingTime time;

    /** @param watch looked at all the while */
    Rivals(ChangeSink sink, Takeover.Watch watch, FeedStatus status, BlockingTime time) {
        this.sink = sink;
        this.watch = watch;
        this.status = status;
        this.time = time;
    }

    /**
     * Waits until it is known, where the cache is noted as fed from a newer timeline.
     *
     * @param own the log that is to be followed
     * @return the log that another one follows at this moment; empty = nobody follows a newer one
     * @throws dev.hotcold.freshness.HotStoreException when the hot store does not say
     * @throws SessionEndedException when there is another reason to end
     */
    Optional<FollowedLog> newer(FollowedLog own) {
        ChangeSink.Followed first = sink.followed();
        Optional<FollowedLog> noted = FollowedLog.of(first.log()).filter(log -> log.isNewerThan(own));
        if (noted.isEmpty()) {
            return noted;
        }
        long beganAt = time.nanos();
        while (time.nanos() - beganAt < PATIENCE.toNanos()) {
            watch.check();
            ChangeSink.Followed now = sink.followed();
            if (!now.equals(first)) {
                return FollowedLog.of(now.log()).filter(log -> log.isNewerThan(own));
            }
            status.degraded("this server is on timeline " + own.timeline()
                    + " of PostgreSQL, and changes were last followed on timeline "
                    + noted.get().timeline() + ": waiting whether anybody does so still");
            time.pause(BETWEEN_LOOKS);
        }
        return Optional.empty();
    }
}
