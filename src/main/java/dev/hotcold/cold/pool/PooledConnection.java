package dev.hotcold.cold.pool;

import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;

/**
 * A connection as its pool knows it.
 *
 * <pre>
 *              ┌──tryOut──► ON_TRIAL ──cancel──┐
 *   RESTING ──take──► IN_USE ──cancel──► OVERDUE
 *      ▲                 │                  │        any ──leave──► GONE
 *      └─────rest────────┴──────rest────────┘
 * </pre>
 *
 * <p>Confined to: its event loop.
 */
public final class PooledConnection {

    private enum State {
        /** Open, without a query. */
        RESTING,
        /** Taken for a query. */
        IN_USE,
        /** Taken for a query that shows whether it works. */
        ON_TRIAL,
        /** Its query has run past its deadline; a request to cancel it may be in flight. */
        OVERDUE,
        /** No longer in the pool: closed, or about to close. */
        GONE
    }

    private final PostgresConnection connection;
    private final Duration lifetime;
    private final long openedAt;
    private long usedAt;
    private State state = State.RESTING;

    /** @param lifetime zero = no limit */
    PooledConnection(PostgresConnection connection, Duration lifetime, long now) {
        this.connection = connection;
        this.lifetime = lifetime;
        this.openedAt = now;
        this.usedAt = now;
    }

    /**
     * Sends a query on a connection that was taken for it. The future never fails.
     *
     * @param ids none: a probe, which does not count as use
     */
    public Future<QueryOutcome> query(List<UserId> ids, long now) {
        if (!ids.isEmpty()) {
            usedAt = now;
        }
        return connection.query(ids);
    }

    /**
     * The query has run past its deadline: requests that PostgreSQL cancel it. It still ends in its own way. Fails with a {@link
     * PostgresProblem}.
     */
    public Future<Void> cancel() {
        if (state == State.IN_USE || state == State.ON_TRIAL) {
            state = State.OVERDUE;
        }
        return connection.cancel();
    }

    /** Whether its query has run past its deadline. */
    public boolean isOverdue() {
        return state == State.OVERDUE;
    }

    /** Whether no read can count on it: its query is overdue, or shows only whether it works. */
    boolean isUseless() {
        return state == State.OVERDUE || state == State.ON_TRIAL;
    }

    boolean isGone() {
        return state == State.GONE;
    }

    void take() {
        state = State.IN_USE;
    }

    void tryOut() {
        state = State.ON_TRIAL;
    }

    void rest() {
        state = State.RESTING;
    }

    void leave() {
        state = State.GONE;
    }

    /** @param limit zero = no limit */
    boolean isIdleFor(Duration limit, long now) {
        return limit.isPositive() && now - usedAt >= limit.toNanos();
    }

    /** Whether it is to be closed once it is idle: it is too old, or leads to a server that is not to be used any more. */
    boolean isWorn(long now) {
        return isOlderThan(lifetime, now) || isSuperseded();
    }

    /** Whether what it reads may lack changes. */
    public boolean isBehind() {
        return connection.isBehind();
    }

    boolean isSuperseded() {
        return connection.isSuperseded();
    }

    /** @param limit zero = no limit */
    boolean isOlderThan(Duration limit, long now) {
        return limit.isPositive() && now - openedAt >= limit.toNanos();
    }

    PostgresConnection connection() {
        return connection;
    }
}
