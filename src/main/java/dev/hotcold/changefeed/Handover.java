package dev.hotcold.changefeed;

import dev.hotcold.blocking.BlockingTime;
import dev.hotcold.changefeed.pace.StopSignal;
import dev.hotcold.freshness.ChangeSink;
import java.time.Duration;

/**
 * How an owner that is about to end makes room: it tells the others while it still follows, and goes once one of them has everything
 * but the slot.
 *
 * <p>Confined to: the thread of its feed.
 */
final class Handover {

    private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

    private final StopSignal stop;
    private final ChangeSink sink;
    private final BlockingTime time;
    private boolean isTold;
    private long lookedAt;

    /** @param stop says that this instance is about to end */
    Handover(StopSignal stop, ChangeSink sink, BlockingTime time) {
        this.stop = stop;
        this.sink = sink;
        this.time = time;
    }

    /** Whether another instance is ready to go on at once. To be asked at each turn of the session. */
    boolean isDue() {
        if (!stop.isEnding()) {
            return false;
        }
        long now = time.nanos();
        if (!isTold) {
            isTold = true;
            lookedAt = now;
            sink.announceEnd();
            return false;
        }
        if (now - lookedAt < BETWEEN_LOOKS.toNanos()) {
            return false;
        }
        lookedAt = now;
        return sink.isNextReady();
    }
}
