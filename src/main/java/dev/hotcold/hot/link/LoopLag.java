package dev.hotcold.hot.link;

import dev.hotcold.loop.Loop;
import java.time.Duration;

/**
 * How late an event loop runs its tasks, so that Redis is not blamed for a busy processor. Measured by a tick every
 * {@value #TICK_MILLIS} ms.
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

    /** Nanoseconds that the loop has been late, all together, up to now. */
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
