package dev.hotcold.changefeed.pace;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Ends the feed's loops, and their pauses. Thread-safe; but pauses are those of one thread. */
public final class StopSignal {

    private final Semaphore wakes = new Semaphore(0);
    private volatile boolean stopped;
    private volatile boolean ending;

    public void stop() {
        stopped = true;
        wakes.release();
    }

    public boolean isStopped() {
        return stopped;
    }

    /** The end is near: whoever can go on at once is to. */
    public void end() {
        ending = true;
        wakes.release();
    }

    public boolean isEnding() {
        return ending;
    }

    /** Ends the pause that there is, or the next one. */
    public void wake() {
        wakes.release();
    }

    /**
     * Waits so long, or until stopped or woken.
     *
     * @return whether it ended early
     */
    public boolean pause(Duration time) {
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
