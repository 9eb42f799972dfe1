package dev.hotcold.hot.connection;

import io.lettuce.core.resource.Delay;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * How long Lettuce waits before it connects again: longer with each attempt that fails, and with each connection that could be
 * made but did not last, which Lettuce by itself would make again at once, for as long as a broken server ends it at once.
 *
 * <p>Hears of connections on their event loop; asked for pauses on any thread.
 */
final class ReconnectPause extends Delay implements ReplyGuard.Listener {

    private static final Duration FIRST = Duration.ofMillis(20);
    private static final Duration LONGEST_OF_ATTEMPTS = Duration.ofMillis(400);
    private static final Duration FIRST_OF_BRIEF = Duration.ofMillis(100);

    /** A connection that ends sooner did not last. */
    private static final Duration BRIEF = Duration.ofSeconds(2);

    /** Five doublings: 1.6 s. */
    private static final int MOST_DOUBLINGS = 4;

    private final Delay attempts = Delay.exponential(FIRST, LONGEST_OF_ATTEMPTS, 2, TimeUnit.MILLISECONDS);
    private final ReplyGuard.Listener next;
    private long openedAt;
    private boolean isRefused;
    private volatile int brief;

    /** @param next hears of the same */
    ReconnectPause(ReplyGuard.Listener next) {
        this.next = next;
    }

    @Override
    public void opened(SocketAddress server) {
        openedAt = System.nanoTime();
        isRefused = false;
        next.opened(server);
    }

    @Override
    public void refused(String why) {
        isRefused = true;
        next.refused(why);
    }

    @Override
    @SuppressWarnings("NonAtomicVolatileUpdate") // written on one loop only
    public void closed() {
        boolean lasted = !isRefused && System.nanoTime() - openedAt >= BRIEF.toNanos();
        brief = lasted ? 0 : brief + 1;
        next.closed();
    }

    /** The first connection that did not last costs nothing: it may have been a restart. */
    @Override
    public Duration createDelay(long attempt) {
        Duration pause = attempts.createDelay(attempt);
        int doublings = Math.min(brief - 2, MOST_DOUBLINGS);
        if (doublings < 0) {
            return pause;
        }
        Duration afterBrief = FIRST_OF_BRIEF.multipliedBy(1L << doublings);
        return pause.compareTo(afterBrief) >= 0 ? pause : afterBrief;
    }
}
