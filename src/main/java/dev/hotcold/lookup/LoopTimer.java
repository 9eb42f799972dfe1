package dev.hotcold.lookup;

import java.time.Duration;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs tasks later on an event loop. A task that throws is logged: the future that an executor returns would keep its
 * exception to itself.
 *
 * @param loop where the tasks run
 */
public record LoopTimer(ScheduledExecutorService loop) {

    private static final Logger LOG = LoggerFactory.getLogger(LoopTimer.class);

    /** Runs a task once. */
    public void after(Duration delay, Runnable task) {
        var _ = loop.schedule(() -> run(task), delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException thrown) {
            LOG.error("A timed task failed", thrown);
        }
    }
}
