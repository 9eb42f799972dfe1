package dev.hotcold.changefeed;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Ends the feed's loops, and their pauses. Thread-safe; but pauses are those of one thread. */
final class StopSignal {

    private final Semaphore wakes = new Semaphore(0);
    private volatile boolean stopped;

    void stop() {
        stopped = true;
        wakes.release();
    }

    boolean isStopped() {
        return stopped;
    }

    /** Ends the pause that there is, or the next one. */
    void wake() {
        wakes.release();
    }

    /**
     * Waits so long, or until stopped or woken.
     *
     * @return whether it ended early
     */
    boolean pause(Duration time) {
        if (stopped) {
            return true;
        }
        try {
            boolean early = wakes.tryAcquire(time.toNanos(), TimeUnit.NANOSECONDS);
            wakes.drainPermits();
            return early;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return true;
        }
    }
}
