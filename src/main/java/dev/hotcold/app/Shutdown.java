package dev.hotcold.app;

import ch.qos.logback.core.spi.LifeCycle;
import java.lang.reflect.Proxy;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The shutdown hook of the process: stops what was started, the last first, on SIGTERM, on Ctrl-C and on every other exit
 * of the JVM. Thread-safe.
 */
public final class Shutdown {

    private static final Logger LOG = LoggerFactory.getLogger(Shutdown.class);

    private final Deque<Runnable> actions = new ArrayDeque<>();

    public Shutdown() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::run, "shutdown"));
    }

    /** Adds an action that runs before all that were added earlier. */
    public synchronized void first(Runnable action) {
        actions.addFirst(action);
    }

    /**
     * From now on SIGTERM and Ctrl-C lead to exit code 0. By itself the JVM would exit with 128 + the signal's number, as if
     * it had been killed.
     */
    public static void exitGracefullyOnSignals() {
        try {
            onSignal("TERM", () -> System.exit(0));
            onSignal("INT", () -> System.exit(0));
        } catch (ReflectiveOperationException unsupported) {
            LOG.warn("This JVM has no signal handlers; the exit code after a signal will not be 0", unsupported);
        }
    }

    /** By reflection: the one class with signal handlers is supported, but compiles only with a warning. */
    private static void onSignal(String name, Runnable action) throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
        Object handler = Proxy.newProxyInstance(
                Shutdown.class.getClassLoader(), new Class<?>[] {handlerType}, (proxy, method, arguments) -> {
                    action.run();
                    return null;
                });
        signal.getMethod("handle", signal, handlerType)
                .invoke(null, signal.getConstructor(String.class).newInstance(name), handler);
    }

    /** The log shows what it holds back. */
    private static void endLog() {
        if (LoggerFactory.getILoggerFactory() instanceof LifeCycle log) {
            log.stop();
        }
    }

    private synchronized void run() {
        for (Runnable action : actions) {
            try {
                action.run();
            } catch (RuntimeException failure) {
                LOG.warn("A component failed to stop", failure);
            }
        }
        endLog();
    }
}
