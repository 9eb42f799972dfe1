package dev.hotcold.hot;

import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import io.github.resilience4j.circuitbreaker.CircuitBreaker;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig;
import io.github.resilience4j.circuitbreaker.CircuitBreakerConfig.SlidingWindowType;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.RedisCommand;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The breaker between an event loop and its Redis: while too many batches failed or were slow of late it is open, and
 * lookups go to PostgreSQL without asking Redis. Then probes, which no lookup waits for, find out when Redis is well again.
 *
 * <p>What is counted are batches, in a window of {@value #WINDOW_SECONDS} seconds: a pause of one's own process, which
 * makes slow what is under way at that moment, is little beside what went well in that time. What the loop itself was late
 * meanwhile is not counted as Redis' time; a batch that failed while the loop was late says nothing.
 *
 * <p>Confined to: its event loop.
 */
final class RedisBreaker {

    private static final int WINDOW_SECONDS = 2;

    /** Fewer batches in the window decide nothing. */
    private static final int FEWEST_BATCHES = 5;

    private static final int MOST_FAILED_PERCENT = 50;
    private static final int MOST_SLOW_PERCENT = 80;

    /** Probes in a row, most of which must do well. */
    private static final int PROBES = 3;

    private static final Duration PAUSE_BETWEEN_PROBES = Duration.ofMillis(200);

    private final CircuitBreaker breaker;
    private final StoreHealth health;
    private final LookupObserver observer;
    private final Loop loop;
    private final BooleanSupplier canProbe;
    private final Consumer<RedisCommand<byte[], byte[], ?>> send;
    private final DeadlineQueue<Probe> probes;
    private final LoopLag lag;
    private final Duration slow;
    private boolean closed = true;
    private boolean stopped;
    private int owed;

    /**
     * @param health of Redis, as the breaker sees it
     * @param replyTime how long a batch may wait for its reply; half of it counts as slow
     * @param canProbe whether a command could be sent
     * @param send takes a probe
     */
    RedisBreaker(
            StoreHealth health,
            LookupObserver observer,
            Loop loop,
            Duration replyTime,
            BooleanSupplier canProbe,
            Consumer<RedisCommand<byte[], byte[], ?>> send) {
        this.health = health;
        this.observer = observer;
        this.loop = loop;
        this.canProbe = canProbe;
        this.send = send;
        this.slow = replyTime.dividedBy(2);
        this.probes = new DeadlineQueue<>(loop, replyTime);
        this.breaker = CircuitBreaker.of(
                "redis",
                CircuitBreakerConfig.custom()
                        .slidingWindowType(SlidingWindowType.TIME_BASED)
                        .slidingWindowSize(WINDOW_SECONDS)
                        .minimumNumberOfCalls(FEWEST_BATCHES)
                        .failureRateThreshold(MOST_FAILED_PERCENT)
                        .slowCallRateThreshold(MOST_SLOW_PERCENT)
                        .slowCallDurationThreshold(slow)
                        .permittedNumberOfCallsInHalfOpenState(PROBES)
                        .clock(new NanoTime(loop))
                        .build());
        this.lag = new LoopLag(loop);
    }

    /** Whether Redis is to be asked. */
    boolean isClosed() {
        return closed;
    }

    /** Whether a probe's reply is owed beyond its time. */
    boolean isOwedReply() {
        return owed > 0;
    }

    /** A batch is sent: to be handed back when it has ended. */
    Sending sent() {
        return new Sending(loop.nanos(), lag.total());
    }

    /** A batch was answered. While the breaker is open only probes count. */
    void answered(Sending batch) {
        if (closed) {
            count(batch, true);
        }
    }

    /** A batch failed. While the breaker is open only probes count. */
    void failed(Sending batch) {
        if (closed) {
            count(batch, false);
        }
    }

    /** Ends its timers. */
    void stop() {
        lag.stop();
        stopped = true;
    }

    private void count(Sending batch, boolean well) {
        long late = lag.total() - batch.lagBefore;
        long nanos = Math.max(0, loop.nanos() - batch.sentAt - late);
        if (well) {
            breaker.onSuccess(nanos, TimeUnit.NANOSECONDS);
        } else if (late < slow.toNanos()) {
            breaker.onError(nanos, TimeUnit.NANOSECONDS, new BatchFailed());
        } else {
            breaker.releasePermission();
        }
        boolean nowClosed = breaker.getState() == CircuitBreaker.State.CLOSED;
        if (nowClosed != closed) {
            closed = nowClosed;
            moved();
        }
    }

    private void moved() {
        observer.hotBreakers(closed ? -1 : 1);
        if (closed) {
            health.recovered();
        } else {
            health.degraded("not asked: most batches of the last " + WINDOW_SECONDS + " s failed or took more than "
                    + slow.toMillis() + " ms; it is probed until that ends");
            loop.after(PAUSE_BETWEEN_PROBES, this::probe);
        }
    }

    private void probe() {
        if (closed || stopped) {
            return;
        }
        if (owed == 0 && canProbe.getAsBoolean() && mayProbe()) {
            Probe probe = new Probe();
            probes.add(probe);
            send.accept(probe.toCommand());
        } else {
            loop.after(PAUSE_BETWEEN_PROBES, this::probe);
        }
    }

    /** The pause is this class' own: that of the library goes by the time of day. */
    private boolean mayProbe() {
        if (breaker.getState() == CircuitBreaker.State.OPEN) {
            breaker.transitionToHalfOpenState();
        }
        return breaker.tryAcquirePermission();
    }

    /** A read as lookups make it, of a key that no user has. */
    private final class Probe extends DeadlineQueue.Entry {

        private final Sending sending = sent();
        private boolean settled;
        private boolean late;

        private RedisCommand<byte[], byte[], ?> toCommand() {
            MgetOutput reply = new MgetOutput(1);
            CommandArgs<byte[], byte[]> keys = new CommandArgs<>(ByteArrayCodec.INSTANCE).addKey(UserKeys.nobody());
            return new Command<byte[], byte[], @Nullable Void>(CommandType.MGET, reply, keys) {
                @Override
                public void complete() {
                    super.complete();
                    ended(!reply.hasError());
                }

                @Override
                public boolean completeExceptionally(Throwable failure) {
                    boolean first = super.completeExceptionally(failure);
                    ended(false);
                    return first;
                }

                @Override
                public void cancel() {
                    super.cancel();
                    ended(false);
                }
            };
        }

        /** By its reply or with its connection. */
        private void ended(boolean well) {
            if (late) {
                late = false;
                owed--;
            }
            settle(well);
        }

        private void settle(boolean well) {
            if (settled) {
                return;
            }
            settled = true;
            count(sending, well);
            next();
        }

        /** At once after one that did well; those that fail are not many a second. */
        private void next() {
            if (!closed && breaker.getState() == CircuitBreaker.State.HALF_OPEN) {
                probe();
            } else if (!closed) {
                loop.after(PAUSE_BETWEEN_PROBES, RedisBreaker.this::probe);
            }
        }

        @Override
        protected boolean isSettled() {
            return settled;
        }

        @Override
        protected void expire() {
            late = true;
            owed++;
            settle(false);
        }
    }

    /**
     * A batch under way.
     *
     * @param sentAt when, by the clock of the breaker
     * @param lagBefore how late the loop had been by then
     */
    record Sending(long sentAt, long lagBefore) {}

    /** A clock that steps back no more than its source does: the library's window must not go by the time of day. */
    private static final class NanoTime extends Clock {

        private final Loop loop;

        private NanoTime(Loop loop) {
            this.loop = loop;
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.EPOCH.plusNanos(loop.nanos());
        }
    }

    /** That a batch failed, which is all that is counted. */
    private static final class BatchFailed extends Exception {

        private static final long serialVersionUID = 1;

        private BatchFailed() {
            super("a batch failed", null, false, false);
        }
    }
}
