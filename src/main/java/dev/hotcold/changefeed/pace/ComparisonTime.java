package dev.hotcold.changefeed.pace;

import java.time.Duration;

/**
 * How long it was tried to compare the cache with the database, session after session.
 *
 * <p>Confined to: the thread of its feed.
 */
public final class ComparisonTime {

    /** Who has not tried for so long begins anew: another instance may have done it. */
    private static final Duration FORGOTTEN = Duration.ofMinutes(1);

    private long spentNanos;
    private long beganAt;
    private long endedAt;

    /**
     * A comparison begins.
     *
     * @param now by the clock of whoever asks
     */
    public void begin(long now) {
        if (spentNanos > 0 && now - endedAt > FORGOTTEN.toNanos()) {
            spentNanos = 0;
        }
        beganAt = now;
    }

    /** How long it was tried up to now. */
    public Duration spent(long now) {
        return Duration.ofNanos(spentNanos + now - beganAt);
    }

    /** This attempt has failed; the next session tries again. */
    public void failed(long now) {
        spentNanos += now - beganAt;
        endedAt = now;
    }

    /** It is done, or given up. */
    public void end() {
        spentNanos = 0;
    }
}
