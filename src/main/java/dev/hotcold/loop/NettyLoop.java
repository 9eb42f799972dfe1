package dev.hotcold.loop;

import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A Netty event loop and the clocks of the machine.
 *
 * @param netty the event loop
 */
public record NettyLoop(EventLoop netty) implements Loop {

    private static final Logger LOG = LoggerFactory.getLogger(NettyLoop.class);

    @Override
    public long nanos() {
        return System.nanoTime();
    }

    @Override
    public long epochMillis() {
        return System.currentTimeMillis();
    }

    /** The future that Netty returns would keep a task's exception to itself. */
    @Override
    public void after(Duration delay, Runnable task) {
        var _ = netty.schedule(() -> run(task), delay.toNanos(), TimeUnit.NANOSECONDS);
    }

    /** Netty runs tasks behind all that is ready; on io_uring also behind what becomes ready meanwhile, within bounds. */
    @Override
    public void atEndOfTurn(Runnable task) {
        netty.execute(task);
    }

    @Override
    public boolean isCurrent() {
        return netty.inEventLoop();
    }

    private static void run(Runnable task) {
        try {
            task.run();
        } catch (RuntimeException thrown) {
            LOG.error("A timed task failed", thrown);
        }
    }
}
