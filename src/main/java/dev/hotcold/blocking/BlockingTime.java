package dev.hotcold.blocking;

import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;

/**
 * Time as a thread sees it that may block: its clocks and its ways to wait. Injected wherever time matters, so that a test can
 * let time pass by hand. Thread-safe.
 */
public interface BlockingTime {

    /** The clocks of the machine. */
    static BlockingTime system() {
        return SystemTime.SYSTEM;
    }

    /** Monotonic time in nanoseconds, as {@link System#nanoTime}: only differences mean anything. */
    long nanos();

    /** Time of day. */
    Instant now();

    /** Waits so long; not to the end if the thread is interrupted, which stays set. */
    void pause(Duration time);

    /**
     * Waits until something completes, or so long.
     *
     * @return whether it has completed, with a value or a failure
     * @throws InterruptedException when the thread is interrupted before
     */
    boolean await(CompletableFuture<?> completion, Duration most) throws InterruptedException;
}
