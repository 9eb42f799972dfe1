package dev.hotcold.testkit;

import dev.hotcold.loop.Loop;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * An event loop whose time passes only when told to, on the caller's thread. Tasks for the end of a turn run when time passes
 * or {@link #endTurn} is called.
 */
public final class ManualTime implements Loop {

    private record Task(long at, long order, Runnable action) {}

    private final PriorityQueue<Task> tasks =
            new PriorityQueue<>(Comparator.comparingLong(Task::at).thenComparingLong(Task::order));
    private final ArrayDeque<Runnable> endOfTurn = new ArrayDeque<>();
    private long now = 1_000_000_007L;
    private long epochMillis = 1_800_000_000_000L;
    private long scheduled;

    @Override
    public long nanos() {
        return now;
    }

    /** Passes with the monotonic clock. */
    @Override
    public long epochMillis() {
        return epochMillis + now / 1_000_000;
    }

    /** Sets the time of day, but not the monotonic clock. */
    public void setEpochMillis(long millis) {
        epochMillis = millis - now / 1_000_000;
    }

    @Override
    public void after(Duration delay, Runnable task) {
        tasks.add(new Task(now + delay.toNanos(), scheduled++, task));
    }

    @Override
    public void atEndOfTurn(Runnable task) {
        endOfTurn.add(task);
    }

    @Override
    public boolean isCurrent() {
        return true;
    }

    /** Ends the turn: runs the tasks that wait for that, and those that they add. */
    public void endTurn() {
        Runnable task;
        while ((task = endOfTurn.poll()) != null) {
            task.run();
        }
    }

    /** Ends the turn, lets time pass, and runs what falls due, each task in a turn of its own at its own moment. */
    public void pass(Duration duration) {
        endTurn();
        long end = now + duration.toNanos();
        Task next;
        while ((next = tasks.peek()) != null && next.at() <= end) {
            tasks.remove();
            now = Math.max(now, next.at());
            next.action().run();
            endTurn();
        }
        now = end;
    }

    /** Time passes, but nothing runs: as when the thread had no processor. */
    public void jump(Duration duration) {
        now += duration.toNanos();
    }

    /** How many timed tasks wait. */
    public int pending() {
        return tasks.size();
    }
}
