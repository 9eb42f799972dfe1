package dev.hotcold.changefeed.pace;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * How long the feed waits before it asks PostgreSQL again: as little as a quick take-over needs, since there may be many instances.
 *
 * <p>Confined to: the thread of its feed.
 */
public final class Pauses {

    /** Who follows at first may be what is left of this instance's own session. */
    private static final int QUICK_LOOKS = 5;

    private static final Duration QUICK = Duration.ofMillis(200);

    /** What a standby waits at most, and how much of that is left to chance: instances that began together part. */
    private static final long STANDBY_MILLIS = 800;

    private static final long JITTER_MILLIS = 300;

    /** In the first minute, and later, when nobody is about to provide what is missing. */
    private static final Duration RECHECK = Duration.ofSeconds(5);

    private static final int FREQUENT_RECHECKS = 12;
    private static final Duration LATER_RECHECK = Duration.ofSeconds(30);

    /** After the owner has said that it ends. */
    private static final int HURRIED_LOOKS = 25;

    /** By chance, so that they do not all come at once. */
    private static final int HURRIED_MILLIS = 40;

    private int hurried;
    private int looks;
    private int rechecks;

    /** Nothing is missing. */
    public void allowed() {
        looks = 0;
        rechecks = 0;
    }

    /** The slot is about to be free. */
    public void hurry() {
        hurried = HURRIED_LOOKS;
    }

    /** Before a standby looks again whether the slot is free. */
    public Duration standby() {
        if (hurried > 0) {
            hurried--;
            return Duration.ofMillis(ThreadLocalRandom.current().nextLong(HURRIED_MILLIS));
        }
        return looks++ < QUICK_LOOKS
                ? QUICK
                : Duration.ofMillis(
                        ThreadLocalRandom.current().nextLong(STANDBY_MILLIS - JITTER_MILLIS, STANDBY_MILLIS));
    }

    /** Before missing prerequisites are checked again. */
    public Duration recheck() {
        return rechecks++ < FREQUENT_RECHECKS ? RECHECK : LATER_RECHECK;
    }
}
