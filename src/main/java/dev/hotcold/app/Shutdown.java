package dev.hotcold.app;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What must be stopped when the process ends, the last started first. Runs on SIGTERM, Ctrl-C and on every other orderly
 * end. Thread-safe.
 */
final class Shutdown {

    private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);

    private final Deque<Runnable> actions = new ArrayDeque<>();
    private boolean serving;

    Shutdown() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::run, "shutdown"));
    }

    /** Adds something to stop before all that was added earlier. */
    synchronized void first(Runnable action) {
        actions.addFirst(action);
    }

    /** From now on a signal is the proper way to end. */
    synchronized void serving() {
        serving = true;
    }

    private synchronized void run() {
        for (Runnable action : actions) {
            try {
                action.run();
            } catch (RuntimeException failure) {
                LOG.warn("Something did not stop in good order", failure);
            }
        }
        if (serving) {
            // The JVM would exit with 128 + the signal's number, as if it had been killed.
            Runtime.getRuntime().halt(0);
        }
    }
}
