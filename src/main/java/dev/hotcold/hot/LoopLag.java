package dev.hotcold.hot;

import dev.hotcold.lookup.LoopTimer;
import java.time.Duration;
import java.util.function.LongSupplier;

/**
 * How late an event loop runs its tasks, so that a store is not blamed for what a busy processor did. A tick every
 * {@value #TICK_MILLIS} ms tells.
 *
 * <p>Confined to: its event loop.
 */
final class LoopLag {

    private static final int TICK_MILLIS = 20;
    private static final Duration TICK = Duration.ofMillis(TICK_MILLIS);

    private final LoopTimer timer;
    private final LongSupplier nanoClock;
    private long dueAt;
    private long total;
    private boolean stopped;

    LoopLag(LoopTimer timer, LongSupplier nanoClock) {
        this.timer = timer;
        this.nanoClock = nanoClock;
        next();
    }

    /** Nanoseconds that the loop has been late, all together, up to this moment. */
    long total() {
        return total + Math.max(0, nanoClock.getAsLong() - dueAt);
    }

    void stop() {
        stopped = true;
    }

    private void next() {
        dueAt = nanoClock.getAsLong() + TICK.toNanos();
        timer.after(TICK, this::tick);
    }

    private void tick() {
        total = total();
        if (!stopped) {
            next();
        }
    }
}
