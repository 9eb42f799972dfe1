package dev.hotcold.testkit;

import dev.hotcold.lookup.LoopTimer;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A clock and a timer that move only when told to, on the caller's thread. */
public final class ManualTime {

    private record Task(long at, long order, Runnable action) {}

    private final PriorityQueue<Task> tasks =
            new PriorityQueue<>(Comparator.comparingLong(Task::at).thenComparingLong(Task::order));
    private long now = 1_000_000_007L;
    private long scheduled;

    /** As {@link System#nanoTime}. */
    public long nanoTime() {
        return now;
    }

    /** A timer that runs its tasks as this time passes. */
    public LoopTimer timer() {
        return new LoopTimer(new Executor());
    }

    /** Lets time pass, and runs what falls due, each task at its own moment. */
    public void pass(Duration duration) {
        long end = now + duration.toNanos();
        Task next;
        while ((next = tasks.peek()) != null && next.at() <= end) {
            tasks.remove();
            now = Math.max(now, next.at());
            next.action().run();
        }
        now = end;
    }

    /** Time passes, but nothing runs: as when the thread had no processor. */
    public void jump(Duration duration) {
        now += duration.toNanos();
    }

    /** How many tasks wait. */
    public int pending() {
        return tasks.size();
    }

    private final class Executor extends ScheduledThreadPoolExecutor {

        Executor() {
            super(0);
        }

        @Override
        public ScheduledFuture<?> schedule(Runnable action, long delay, TimeUnit unit) {
            tasks.add(new Task(now + unit.toNanos(delay), scheduled++, action));
            return super.schedule(() -> {}, Long.MAX_VALUE / 2, TimeUnit.NANOSECONDS);
        }
    }
}
