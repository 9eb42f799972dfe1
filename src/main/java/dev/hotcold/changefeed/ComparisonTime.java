package dev.hotcold.changefeed;

import java.time.Duration;

/**
 * Since when it is tried to compare the cache with the database, session after session.
 *
 * <p>Confined to: the thread of its feed.
 */
final class ComparisonTime {

    /** Who has not tried for so long begins anew: another instance may have done it. */
    private static final Duration FORGOTTEN = Duration.ofMinutes(1);

    private boolean isBegun;
    private long beganAt;
    private long triedAt;

    /**
     * It is tried now.
     *
     * @param now by the clock of whoever asks
     * @return since when, by the same
     */
    long tried(long now) {
        if (!isBegun || now - triedAt > FORGOTTEN.toNanos()) {
            isBegun = true;
            beganAt = now;
        }
        triedAt = now;
        return beganAt;
    }

    /** It is done, or given up. */
    void end() {
        isBegun = false;
    }
}
