package dev.hotcold.app;

import java.util.ArrayDeque;
import java.util.Deque;

/**
 * What must be stopped when the process ends, the last started first. Runs on SIGTERM, Ctrl-C and on every other orderly
 * end; thread-safe.
 */
final class Shutdown {

    private final Deque<Runnable> actions = new ArrayDeque<>();
    private boolean signalled = true;

    Shutdown() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::run, "shutdown"));
    }

    /** Adds something to stop before all that was added earlier. */
    synchronized void first(Runnable action) {
        actions.addFirst(action);
    }

    private synchronized void run() {
        for (Runnable action : actions) {
            action.run();
        }
    }
}
