package dev.hotcold.hot;

import dev.hotcold.loop.Loop;
import java.time.Duration;

/**
 * How late an event loop runs its tasks, so that a store is not blamed for what a busy processor did. A tick every
 * {@value #TICK_MILLIS} ms tells.
 *
 * <p>Confined to: its event loop.
 */
final class LoopLag {

    private static final int TICK_MILLIS = 20;
    private static final Duration TICK = Duration.ofMillis(TICK_MILLIS);

    private final Loop loop;
    private long dueAt;
    private long total;
    private boolean stopped;

    LoopLag(Loop loop) {
        this.loop = loop;
        next();
    }

    /** Nanoseconds that the loop has been late, all together, up to this moment. */
    long total() {
        return total + Math.max(0, loop.nanos() - dueAt);
    }

    void stop() {
        stopped = true;
    }

    private void next() {
        dueAt = loop.nanos() + TICK.toNanos();
        loop.after(TICK, this::tick);
    }

    private void tick() {
        total = total();
        if (!stopped) {
            next();
        }
    }
}
