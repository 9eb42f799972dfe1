package dev.hotcold.testkit;

import dev.hotcold.blocking.BlockingTime;
import java.time.Duration;
import java.time.Instant;
import java.util.PriorityQueue;
import java.util.concurrent.CompletableFuture;

/**
 * Time that passes only while somebody waits, and then at once: what is planned for meanwhile happens at its moment, on the
 * thread of the one who waits.
 */
public final class ManualBlockingTime implements BlockingTime {

    private record Task(long at, long order, Runnable action) {}

    private static final long START = Long.MAX_VALUE - 1_000_000;

    private final PriorityQueue<Task> tasks =
            new PriorityQueue<>((a, b) -> a.at != b.at ? Long.signum(a.at - b.at) : Long.signum(a.order - b.order));
    private long now = START; // soon overflows, as System.nanoTime may
    private long planned;

    @Override
    public long nanos() {
        return now;
    }

    @Override
    public Instant now() {
        return Instant.parse("2026-01-01T00:00:00Z").plus(passed());
    }

    /** How much time has passed so far. */
    public Duration passed() {
        return Duration.ofNanos(now - START);
    }

    /** Plans something. */
    public void after(Duration delay, Runnable action) {
        tasks.add(new Task(now + delay.toNanos(), planned++, action));
    }

    @Override
    public void pause(Duration time) {
        long end = now + time.toNanos();
        while (runNext(end)) {
            // On to the next one.
        }
        now = end;
    }

    @Override
    public boolean await(CompletableFuture<?> completion, Duration most) {
        long end = now + most.toNanos();
        while (!completion.isDone()) {
            if (!runNext(end)) {
                now = end;
                return completion.isDone();
            }
        }
        return true;
    }

    private boolean runNext(long end) {
        Task next = tasks.peek();
        if (next == null || next.at - end > 0) {
            return false;
        }
        tasks.remove();
        now = next.at;
        next.action.run();
        return true;
    }
}
