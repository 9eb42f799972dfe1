package dev.hotcold.cold.pool;

import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

// Long: the life of a connection in the pool, whose steps belong together.
/**
 * The PostgreSQL connections of one event loop. They open one at a time when wanted, and rest on a stack, so that those not
 * needed stay unused and close. Those that rest are probed: once in a health check period, and once a second while PostgreSQL
 * is degraded, or its server is a second-best one.
 *
 * <p>Confined to: its event loop.
 */
public final class ConnectionPool {

    /** How long a server has to close a connection after the goodbye. */
    private static final Duration GOODBYE = Duration.ofSeconds(1);

    /** How often it is looked whether a check is due; while PostgreSQL is degraded, one is due each time. */
    private static final Duration CHECK_TICK = Duration.ofSeconds(1);

    /** Who uses the connections. */
    public interface Owner {

        /** There may be something to do for those who wait: a connection became idle, or one may be opened again. */
        void connectionsChanged();

        /** A connection could not be opened. */
        void openFailed(Throwable cause);

        /** Runs a probe on a connection that was taken for it. */
        void probe(PooledConnection connection);
    }

    private final Connector connector;
    private final PoolSettings settings;
    private final int maxConnections;
    private final Loop loop;
    private final LookupObserver observer;
    private final StoreHealth health;
    private final Owner owner;
    private final ConnectionOpener opener;

    private final List<PooledConnection> all = new ArrayList<>();
    private final ArrayDeque<PooledConnection> resting = new ArrayDeque<>();
    private final Promise<Void> firstAttempt = Promise.promise();
    private final Promise<Void> drained = Promise.promise();
    private int goodbyes;

    private boolean draining;
    private long checkedAt;

    /** @param maxConnections of this loop; 1 or more */
    public ConnectionPool(
            Connector connector,
            PoolSettings settings,
            int maxConnections,
            Loop loop,
            LookupObserver observer,
            StoreHealth health,
            Owner owner) {
        this.connector = connector;
        this.settings = settings;
        this.maxConnections = maxConnections;
        this.loop = loop;
        this.observer = observer;
        this.health = health;
        this.owner = owner;
        this.opener = new ConnectionOpener(connector, loop, new Attempts());
    }

    /**
     * Opens the first connection and begins to check.
     *
     * @return completes when the first attempt has ended, whether it succeeded or failed
     */
    public Future<Void> start() {
        assert loop.isCurrent();
        checkedAt = loop.nanos();
        openAnother();
        loop.after(CHECK_TICK, this::check);
        return firstAttempt.future();
    }

    /** No connection is open, and the last attempt to open one failed a moment ago. */
    public boolean isDown() {
        return all.isEmpty() && opener.isPaused();
    }

    /** Every connection that there may be is held by a query that has run past its deadline. */
    public boolean isOverdue() {
        boolean mayGrow = all.size() < maxConnections && !opener.isPaused();
        return !all.isEmpty() && !mayGrow && isEachOverdue();
    }

    /**
     * No query can be sent before another connection has opened, and has shown that it works; and that it opens takes longer than
     * {@code patience}, or did when it was tried last. So it is with a server that hangs, whose system still accepts connections.
     */
    public boolean isStuck(Duration patience) {
        return opener.hangs(patience) && all.stream().allMatch(PooledConnection::isUseless);
    }

    private boolean isEachOverdue() {
        for (PooledConnection connection : all) {
            if (!connection.isOverdue()) {
                return false;
            }
        }
        return true;
    }

    /** Takes the connection that became idle last; null when none is. To be released when its query has ended. */
    public @Nullable PooledConnection take() {
        assert loop.isCurrent();
        PooledConnection connection;
        while ((connection = resting.pollFirst()) != null && connection.isSuperseded()) {
            close(connection);
        }
        if (connection != null) {
            connection.take();
        }
        return connection;
    }

    /** Takes a connection back that nothing was sent on. */
    public void putBack(PooledConnection connection) {
        connection.rest();
        resting.addFirst(connection);
    }

    /** Opens one more connection in the background, within the bound. */
    public void openAnother() {
        assert loop.isCurrent();
        if (!draining && all.size() < maxConnections) {
            opener.open();
        }
    }

    /**
     * Takes a connection back whose query has ended. It rests, or closes: when it broke, when it is too old, or when a request
     * to cancel did not end that query, since it may still be in flight and would hit the next one.
     */
    public void release(PooledConnection connection, QueryOutcome outcome) {
        assert loop.isCurrent();
        if (connection.isGone()) {
            return;
        }
        boolean reusable = switch (outcome) {
            case QueryOutcome.Cancelled _ -> true;
            case QueryOutcome.Answered _ -> {
                if (!connection.isOverdue()) {
                    opener.answered();
                }
                yield !connection.isOverdue();
            }
            // They prove nothing: one that says so and closes, again and again, shall wait.
            case QueryOutcome.NotAsked _, QueryOutcome.Cut _, QueryOutcome.ErrorReply _, QueryOutcome.RowError _ ->
                !connection.isOverdue();
            case QueryOutcome.Disconnected _ -> {
                broke(connection);
                yield false;
            }
        };
        if (!reusable || draining || connection.isWorn(loop.nanos())) {
            close(connection);
        } else {
            connection.rest();
            resting.addFirst(connection);
        }
    }

    /** Gives a connection up whose query does not end, so that another one can take its place. */
    public void abandon(PooledConnection connection) {
        assert loop.isCurrent();
        remove(connection);
        connection.connection().abandon();
    }

    /**
     * Closes the connections that rest now, the others when their queries end, or after a second.
     *
     * @return completes when all are closed
     */
    public Future<Void> close() {
        assert loop.isCurrent();
        draining = true;
        List.copyOf(resting).forEach(this::close);
        loop.after(GOODBYE, () -> List.copyOf(all).forEach(this::abandon));
        completeIfDrained();
        return drained.future();
    }

    private final class Attempts implements ConnectionOpener.Listener {

        @Override
        public void opened(PostgresConnection opened) {
            accept(opened);
            ended();
        }

        @Override
        public void openFailed(Throwable cause) {
            owner.openFailed(cause);
            ended();
        }

        private void ended() {
            firstAttempt.tryComplete();
            completeIfDrained();
        }

        @Override
        public void pauseEnded() {
            if (opener.hangs(ConnectionOpener.BRIEF) && isEachOverdue()) {
                // Nobody may wait for one by now.
                openAnother();
            }
            owner.connectionsChanged();
        }
    }

    /** The one place where a connection enters the pool. While PostgreSQL is degraded it shows first that it works. */
    private void accept(PostgresConnection opened) {
        PooledConnection connection = new PooledConnection(opened, settings.lifetime(), loop.nanos());
        all.add(connection);
        observer.coldConnections(1);
        opened.onClose(() -> {
            broke(connection);
            remove(connection);
            if (isDown() && !health.isDegraded()) {
                health.degraded("ended the last connection; the next attempt comes after a pause");
            }
        });
        if (draining) {
            close(connection);
        } else if (health.isDegraded()) {
            connection.tryOut();
            owner.probe(connection);
        } else {
            resting.addFirst(connection);
            owner.connectionsChanged();
        }
    }

    private void broke(PooledConnection connection) {
        if (!connection.isGone()) {
            opener.broke(connection.isOlderThan(ConnectionOpener.BRIEF, loop.nanos()));
        }
    }

    /** The one place where a connection leaves the pool. */
    private void remove(PooledConnection connection) {
        if (all.remove(connection)) {
            resting.remove(connection);
            connection.leave();
            observer.coldConnections(-1);
            completeIfDrained();
        }
    }

    private void close(PooledConnection connection) {
        goodbyes++;
        remove(connection);
        PostgresConnection leaving = connection.connection();
        leaving.onClose(() -> {
            goodbyes--;
            completeIfDrained();
        });
        leaving.close();
        loop.after(GOODBYE, leaving::abandon);
    }

    private void completeIfDrained() {
        if (draining && all.isEmpty() && !opener.isConnecting() && goodbyes == 0) {
            drained.tryComplete();
        }
    }

    private void check() {
        if (draining) {
            return;
        }
        long now = loop.nanos();
        boolean due = now - checkedAt >= settings.healthCheckPeriod().toNanos();
        if (due || health.isDegraded() || connector.isProvisional()) {
            checkedAt = now;
            closeUnneeded(now);
            probe();
        }
        loop.after(CHECK_TICK, this::check);
    }

    private void closeUnneeded(long now) {
        for (PooledConnection connection : List.copyOf(resting)) {
            if (connection.isWorn(now) || connection.isIdleFor(settings.maxIdle(), now)) {
                close(connection);
            }
        }
    }

    private void probe() {
        if (isEachOverdue()) {
            openAnother();
        }
        List<PooledConnection> unused = List.copyOf(resting);
        resting.clear();
        for (PooledConnection connection : unused) {
            connection.take();
            owner.probe(connection);
        }
    }
}
