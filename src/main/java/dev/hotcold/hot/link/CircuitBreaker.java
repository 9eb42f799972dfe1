package dev.hotcold.hot.link;

import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import java.time.Duration;

/**
 * The circuit breaker between an event loop and a Redis node (Nygard, "Release It!"): while too many requests fail or are
 * slow it is open, and lookups skip Redis. Half-open, a few probes, which no lookup waits for, decide whether it closes.
 *
 * <p>What counts are batches, in a window of {@value OutcomeWindow#SECONDS} seconds: a pause of this process slows down what
 * is in flight at that moment, which is little beside what went well in that time. What the loop itself was late is not
 * counted as Redis' time, and a request that failed while the loop was late says nothing. A Redis that fails every request is not
 * asked often, so that it may take the whole window to outweigh what went well before: {@value #ROUNDS} failures, each
 * sent after the one before had failed, with nothing between them that went well, decide earlier.
 *
 * <p>Confined to: its event loop.
 */
final class CircuitBreaker {

    /** Fewer outcomes in the window decide nothing. */
    private static final int FEWEST_OUTCOMES = 5;

    /** So many failures one after the other decide, if they took as long as {@value #FEWEST_OUTCOMES} replies may take. */
    private static final int ROUNDS = 3;

    private static final int FAILED_PERCENT = 50;
    private static final int SLOW_PERCENT = 80;

    /** Probes in a row that decide. */
    private static final int PROBES = 3;

    private enum State {
        CLOSED,
        OPEN,
        /** Probes are being counted. */
        HALF_OPEN
    }

    /**
     * A request in flight.
     *
     * @param at when it was first sent, by the loop's clock
     * @param lagBefore how late the loop had been by then
     */
    record Sent(long at, long lagBefore) {}

    private final Loop loop;
    private final LoopLag lag;
    private final StoreHealth health;
    private final LookupObserver observer;
    private final Runnable onOpen;
    private final Duration slow;
    private final Duration shortestRow;
    private final long longestGap;
    private final OutcomeWindow window;
    private State state = State.CLOSED;

    /** Failures, each sent after the one before had failed, since the last success. */
    private int failedInARow;

    private long rowSince;
    private long lastFailedAt;

    /** Since it became half-open; however long they take. */
    private int probes;

    private int failedProbes;
    private int slowProbes;

    /**
     * @param health of the breaker
     * @param replyTime how long a request may wait for its reply; half of it counts as slow
     * @param onOpen called each time it opens, to begin probing
     */
    CircuitBreaker(
            Loop loop, LoopLag lag, StoreHealth health, LookupObserver observer, Duration replyTime, Runnable onOpen) {
        this.loop = loop;
        this.lag = lag;
        this.health = health;
        this.observer = observer;
        this.onOpen = onOpen;
        this.slow = replyTime.dividedBy(2);
        this.shortestRow = replyTime.multipliedBy(FEWEST_OUTCOMES);
        this.longestGap = Math.max(OutcomeWindow.NANOS, shortestRow.toNanos());
        this.window = new OutcomeWindow(loop.nanos());
    }

    /** Whether lookups use Redis. */
    boolean isClosed() {
        return state == State.CLOSED;
    }

    /** A request is sent: to be handed back with its outcome. */
    Sent sent() {
        return new Sent(loop.nanos(), lag.total());
    }

    /** A request succeeded. Counts only while closed: then only probes decide. */
    void succeeded(Sent request) {
        if (isClosed()) {
            count(request, false);
        }
    }

    /** A request failed. Counts only while closed: then only probes decide. */
    void failed(Sent request) {
        if (isClosed()) {
            count(request, true);
        }
    }

    /**
     * A probe ended; the first after an opening makes the breaker half-open.
     *
     * @return whether the next probe may follow at once
     */
    boolean probed(Sent probe, boolean isFailure) {
        if (state == State.OPEN) {
            state = State.HALF_OPEN;
            probes = failedProbes = slowProbes = 0;
        }
        if (saysNothing(probe, isFailure)) {
            return true;
        }
        probes++;
        failedProbes += isFailure ? 1 : 0;
        slowProbes += isSlow(probe) ? 1 : 0;
        if (probes < PROBES) {
            return true;
        }
        if (100 * failedProbes >= FAILED_PERCENT * probes || 100 * slowProbes >= SLOW_PERCENT * probes) {
            state = State.OPEN;
        } else {
            close();
        }
        return false;
    }

    private void count(Sent request, boolean isFailure) {
        if (saysNothing(request, isFailure)) {
            return;
        }
        window.add(loop.nanos(), isFailure, isSlow(request));
        countInARow(request, isFailure);
        boolean isWindowBad = window.size() >= FEWEST_OUTCOMES
                && (window.failedReach(FAILED_PERCENT) || window.slowReach(SLOW_PERCENT));
        if (isWindowBad) {
            health.degraded("circuit breaker open: most requests of the last " + OutcomeWindow.SECONDS
                    + " s failed or took more than " + slow.toMillis()
                    + " ms; Redis is skipped and probed until it recovers");
            open();
        } else if (isRowBad()) {
            health.degraded("circuit breaker open: no request has succeeded for " + shortestRow.toMillis()
                    + " ms; Redis is skipped and probed until it recovers");
            open();
        }
    }

    private void countInARow(Sent request, boolean isFailure) {
        if (!isFailure || loop.nanos() - lastFailedAt > longestGap) {
            failedInARow = 0;
        }
        if (!isFailure) {
            return;
        }
        if (failedInARow == 0 || request.at >= lastFailedAt) {
            rowSince = failedInARow == 0 ? request.at : rowSince;
            lastFailedAt = loop.nanos();
            failedInARow++;
        }
    }

    /** What fails at once, such as with an error, may fail as often within one bad moment. */
    private boolean isRowBad() {
        return failedInARow >= ROUNDS && lastFailedAt - rowSince >= shortestRow.toNanos();
    }

    /** A failure while the loop was late may be the loop's own. */
    private boolean saysNothing(Sent request, boolean isFailure) {
        return isFailure && lateSince(request) >= slow.toNanos();
    }

    private boolean isSlow(Sent request) {
        return loop.nanos() - request.at - lateSince(request) > slow.toNanos();
    }

    private long lateSince(Sent request) {
        return lag.total() - request.lagBefore;
    }

    private void open() {
        state = State.OPEN;
        observer.hotBreakers(1);
        onOpen.run();
    }

    private void close() {
        state = State.CLOSED;
        window.clear(loop.nanos());
        failedInARow = 0;
        observer.hotBreakers(-1);
        health.recovered();
    }
}
