package dev.hotcold.loop;

import java.time.Duration;

/**
 * An event loop as the objects confined to it see it: its clocks, its timers and the end of its turn. Injected wherever time
 * matters, so that a test can let time pass by hand.
 *
 * <p>Confined to: the event loop, but for {@link #isCurrent}.
 */
public interface Loop {

    /** Monotonic time in nanoseconds, as {@link System#nanoTime}: only differences mean anything. */
    long nanos();

    /** Time of day in milliseconds since 1970, as {@link System#currentTimeMillis}. */
    long epochMillis();

    /** Runs a task once, after a delay. A task that throws is logged. */
    void after(Duration delay, Runnable task);

    /** Runs a task when this turn ends: behind everything that is ready now. */
    void atEndOfTurn(Runnable task);

    /** Whether the caller runs on this event loop. For assertions. */
    boolean isCurrent();
}
