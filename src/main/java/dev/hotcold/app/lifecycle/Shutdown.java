package dev.hotcold.app.lifecycle;

import ch.qos.logback.core.spi.LifeCycle;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of the process: stops what was started, the last first, on SIGTERM, on Ctrl-C and on every other exit of the JVM.
 * Thread-safe.
 */
public final class Shutdown {

    private static final Shutdown PROCESS = new Shutdown();

    /** How long what is being started may take to notice that it is not to go on. */
    private static final Duration LONGEST_START = Duration.ofSeconds(5);

    private final Deque<Runnable> actions = new ArrayDeque<>();
    private final AtomicBoolean terminated = new AtomicBoolean();
    private final CountDownLatch hurry = new CountDownLatch(1);
    private volatile boolean underWay;

    /** What is being started, as the end of the process deals with it; null = nothing is. Guarded by {@link #actions}. */
    private @Nullable Start start;

    /** Actions are run, and none is added any more. Guarded by {@link #actions}. */
    private boolean running;

    private record Start(Thread thread, Runnable giveUp) {}

    private Shutdown() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::run, "shutdown"));
    }

    /** That of this process. */
    public static Shutdown ofProcess() {
        return PROCESS;
    }

    /** Adds an action that runs before all that were added earlier; here and now where the end has begun. */
    public void first(Runnable action) {
        synchronized (actions) {
            if (!running) {
                actions.addFirst(action);
                return;
            }
        }
        stop(action);
    }

    /**
     * Begins a start in this thread. The end of the process interrupts it and waits for {@link #startEnds}, for some seconds at
     * most: to close what is still being opened is not safe.
     *
     * @param giveUp has what the interrupt does not reach fail too
     */
    public void startBegins(Runnable giveUp) {
        synchronized (actions) {
            start = new Start(Thread.currentThread(), giveUp);
            if (underWay) {
                interrupt(start);
            }
        }
    }

    /** Ends the start, whatever has become of it. */
    public void startEnds() {
        synchronized (actions) {
            start = null;
            actions.notifyAll();
        }
        // It was for the start.
        var _ = Thread.interrupted();
    }

    private static void interrupt(Start start) {
        start.thread().interrupt();
        start.giveUp().run();
    }

    /** Whether the process is ending: what fails now fails for that. */
    public boolean isUnderWay() {
        return underWay;
    }

    /**
     * Lets an action wait, before it stops what others still use. Waits only where SIGTERM ends the process, and until another
     * signal comes: at a terminal, or asked twice, it is to end.
     *
     * @param most the longest to wait
     */
    public void delay(Duration most) {
        if (!terminated.get()) {
            return;
        }
        try {
            var _ = hurry.await(most.toNanos(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Whether {@link #delay} would wait. */
    public boolean mayDelay() {
        return terminated.get() && hurry.getCount() > 0;
    }

    /**
     * From now on SIGTERM and Ctrl-C lead to exit code 0. By itself the JVM would exit with 128 + the signal's number, as if
     * it had been killed.
     */
    public void exitWithZeroOnSignals() {
        try {
            onSignal("TERM", () -> {
                if (terminated.getAndSet(true)) {
                    hurry.countDown();
                }
            });
            onSignal("INT", hurry::countDown);
        } catch (ReflectiveOperationException unsupported) {
            log().warn("This JVM has no signal handlers; the exit code after a signal will not be 0", unsupported);
        }
    }

    /** By reflection: the one class with signal handlers is supported, but compiles only with a warning. */
    private static void onSignal(String name, Runnable action) throws ReflectiveOperationException {
        Class<?> signal = Class.forName("sun.misc.Signal");
        Class<?> handlerType = Class.forName("sun.misc.SignalHandler");
        Object handler = Proxy.newProxyInstance(
                Shutdown.class.getClassLoader(), new Class<?>[] {handlerType}, (proxy, method, arguments) -> {
                    action.run();
                    System.exit(0);
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

    private void run() {
        endStart();
        for (Runnable action = next(); action != null; action = next()) {
            stop(action);
        }
        endLog();
    }

    private void endStart() {
        long deadline = System.nanoTime() + LONGEST_START.toNanos();
        synchronized (actions) {
            underWay = true;
            if (start != null) {
                interrupt(start);
            }
            try {
                for (long left = LONGEST_START.toNanos();
                        start != null && left > 0;
                        left = deadline - System.nanoTime()) {
                    TimeUnit.NANOSECONDS.timedWait(actions, left);
                }
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
            }
            running = true;
        }
    }

    private @Nullable Runnable next() {
        synchronized (actions) {
            return actions.pollFirst();
        }
    }

    private static void stop(Runnable action) {
        try {
            action.run();
        } catch (RuntimeException failure) {
            log().warn("A component failed to stop", failure);
        }
    }

    /** Not kept: signals are waited for before the log is needed, which takes its time to load. */
    private static Logger log() {
        return LoggerFactory.getLogger(Shutdown.class);
    }
}
