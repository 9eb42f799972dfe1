package dev.hotcold.changefeed.pace;

import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/** Ends the feed's loops, and their pauses. Thread-safe; but pauses are those of one thread. */
public final class StopSignal {

    private final Semaphore wakes = new Semaphore(0);
    private volatile boolean stopped;
    private volatile boolean ending;
    private volatile boolean ownerLeaves;

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

    /** The owner is to end before long: ends the pause too. */
    public void ownerLeaves() {
        ownerLeaves = true;
        wakes.release();
    }

    /** Whether {@link #ownerLeaves} was called since this was asked last. */
    public boolean isOwnerLeaving() {
        boolean left = ownerLeaves;
        ownerLeaves = false;
        return left;
    }

    /** Waits so long, or until stopped or interrupted. */
    public void pauseInFull(Duration time) {
        long end = System.nanoTime() + time.toNanos();
        long left = time.toNanos();
        while (!stopped && left > 0 && !Thread.currentThread().isInterrupted()) {
            pause(Duration.ofNanos(left));
            left = end - System.nanoTime();
        }
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
