package dev.hotcold.http.budget;

import dev.hotcold.loop.Loop;
import java.time.Duration;
import java.util.ArrayDeque;

/**
 * How much one event loop may do for all its clients together in one turn, in bytes: read from them, and send them of pages.
 *
 * <p>Confined to: its event loop.
 */
public final class TurnBudget {

    /** Some hundred requests. */
    static final int MAX_BYTES = 1 << 15;

    /**
     * What a request costs beyond its bytes where Vert.x handles it: a few dozen of them fill a turn. Lookups on the fast path cost
     * a small part of that, and are counted by their bytes alone.
     */
    public static final int REQUEST = 512;

    /** Some hundred turns' worth. */
    static final int MANY_WAITING = 500;

    private final Loop loop;
    private final Runnable renew = this::renew;

    /** What waits for later turns, in the order in which it came. */
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();

    private boolean scheduled;
    private int spent;

    public TurnBudget(Loop loop) {
        this.loop = loop;
    }

    /**
     * Takes from what this turn may do.
     *
     * @param bytes how many are read or sent; positive
     */
    public void spend(int bytes) {
        assert loop.isCurrent();
        if (spent == 0) {
            loop.atEndOfTurn(renew);
        }
        spent += bytes;
    }

    boolean isSpent() {
        return spent >= MAX_BYTES;
    }

    /** Whether bytes that have just been read are to wait their turn. */
    boolean isSpentOrOwed() {
        return isSpent() || !waiting.isEmpty();
    }

    /** Whether so much waits for later turns that what can be refused should be. */
    public boolean isFarBehind() {
        return waiting.size() >= MANY_WAITING;
    }

    /** Runs a task behind those that are pending now. */
    void afterPendingTasks(Runnable task) {
        loop.atEndOfTurn(task);
    }

    /** Runs a task that will {@link #spend}, now or in a later turn of the loop. */
    public void run(Runnable task) {
        if (isSpentOrOwed()) {
            inLaterTurn(task);
        } else {
            task.run();
        }
    }

    /** Runs a task that will {@link #spend} in a later turn of the loop, after a look at its sockets, among them the stores'. */
    public void inLaterTurn(Runnable task) {
        waiting.add(task);
        schedule();
    }

    private void schedule() {
        if (!scheduled) {
            scheduled = true;
            loop.after(Duration.ZERO, this::runWaiting);
        }
    }

    private void runWaiting() {
        scheduled = false;
        try {
            for (Runnable task; !isSpent() && (task = waiting.poll()) != null; ) {
                task.run();
            }
        } finally {
            // Also when a task has thrown: the others shall not wait for ever.
            if (!waiting.isEmpty()) {
                schedule();
            }
        }
    }

    private void renew() {
        spent = 0;
    }
}
