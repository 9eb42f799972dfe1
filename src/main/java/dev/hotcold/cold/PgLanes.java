package dev.hotcold.cold;

import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.loop.Loop;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The PostgreSQL connections of one event loop. They open one at a time when wanted, rest on a stack, so that the ones
 * not needed stay unused and close. Those that rest are probed now and then.
 *
 * <p>Confined to: its event loop and Vert.x context.
 */
final class PgLanes {

    /**
     * Queries in flight on one event loop. More make the batches smaller and PostgreSQL busier for the same answers:
     * see docs/decisions/0006-cold-path-batching.md for the measurement.
     */
    private static final int MOST_PER_LOOP = 3;

    private static final Duration RECONNECT_PAUSE = Duration.ofMillis(200);

    /** How long a server has to close a connection that was said goodbye to. */
    private static final Duration GOODBYE = Duration.ofSeconds(1);

    /** How often it is looked whether a check is due; while PostgreSQL ails, one is due each time. */
    private static final Duration UPKEEP_TICK = Duration.ofSeconds(1);

    /** What the owner of the connections wants to know and decide. */
    interface Events {

        /** A connection was opened and rests. */
        void opened();

        /** A connection could not be opened. */
        void openFailed(Throwable cause);

        /** The pause after a failure is over: what waits may ask for a connection again. */
        void mayOpenAgain();

        /** Whether PostgreSQL works as far as is known. */
        boolean isWell();

        /** Runs a probe on a lane taken from here, to be put back. */
        void probe(PgLane lane);
    }

    private final PgConnector connector;
    private final PostgresSettings settings;
    private final Context context;
    private final Loop loop;
    private final LookupObserver observer;
    private final Events events;
    private final int most;

    private final List<PgLane> all = new ArrayList<>();
    private final ArrayDeque<PgLane> resting = new ArrayDeque<>();
    private final Promise<Void> firstAttempt = Promise.promise();
    private final Promise<Void> drained = Promise.promise();
    private int goodbyes;
    private boolean connecting;
    private boolean failedLately;
    private boolean closing;
    private long checkedAt;

    PgLanes(PostgresSettings settings, int loops, Vertx vertx, Loop loop, LookupObserver observer, Events events) {
        this.settings = settings;
        this.context = vertx.getOrCreateContext();
        this.connector = new PgConnector(PgOptions.of(settings), vertx, context, loop);
        this.loop = loop;
        this.observer = observer;
        this.events = events;
        this.most = Math.max(1, Math.min(MOST_PER_LOOP, settings.maxConnections() / loops));
    }

    /**
     * Opens the first connection and begins to probe.
     *
     * @return succeeds when the first attempt has ended, well or not
     */
    Future<Void> start() {
        checkedAt = loop.nanos();
        openAnother();
        scheduleUpkeep();
        return firstAttempt.future();
    }

    /** How many connections there may be; 1 or more. */
    int most() {
        return most;
    }

    /** No connection is open and the last attempt to open one failed a moment ago. */
    boolean areDown() {
        return all.isEmpty() && failedLately;
    }

    /** Every connection there may be is held by a query that ran past its time. */
    boolean areOverdue() {
        if (all.isEmpty() || (all.size() < most && !failedLately)) {
            return false;
        }
        for (PgLane lane : all) {
            if (!lane.isOverdue()) {
                return false;
            }
        }
        return true;
    }

    /** The connection that rested last, or null. */
    @Nullable PgLane takeResting() {
        return resting.pollFirst();
    }

    /** Gives a lane back whose query has ended. One that broke meanwhile is gone already. */
    void putBack(PgLane lane) {
        if (!all.contains(lane)) {
            return;
        }
        lane.rest();
        if (closing || isTooOld(lane)) {
            close(lane);
        } else {
            resting.addFirst(lane);
        }
    }

    /** Gives back a lane whose next query something may still end: it closes instead. */
    void retire(PgLane lane) {
        if (all.contains(lane)) {
            close(lane);
        }
    }

    /** Gives up a lane whose query does not end, so that another connection can take its place. */
    void abandon(PgLane lane) {
        forget(lane);
        lane.abandon();
    }

    /** Opens one more connection in the background, within the bound. */
    void openAnother() {
        if (connecting || closing || failedLately || all.size() >= most) {
            return;
        }
        connecting = true;
        context.runOnContext(ignored -> connect());
    }

    /** Closes what rests now and the others when their queries end, or soon; succeeds when all are closed. */
    Future<Void> close() {
        closing = true;
        for (PgLane lane : List.copyOf(resting)) {
            close(lane);
        }
        loop.after(GOODBYE, () -> List.copyOf(all).forEach(this::abandon));
        settleClose();
        return drained.future();
    }

    private void connect() {
        connector.connect().onComplete(outcome -> {
            connecting = false;
            if (outcome.succeeded()) {
                opened(outcome.result());
            } else {
                pauseAfterFailure();
                events.openFailed(outcome.cause());
            }
            firstAttempt.tryComplete();
            settleClose();
        });
    }

    private void opened(PgLane lane) {
        all.add(lane);
        observer.coldConnections(1);
        lane.onClose(() -> forget(lane));
        if (closing) {
            close(lane);
        } else if (events.isWell()) {
            resting.addFirst(lane);
            events.opened();
        } else {
            events.probe(lane);
        }
    }

    /** For a moment nothing is tried, so that a database that is down costs a lookup nothing. */
    private void pauseAfterFailure() {
        failedLately = true;
        loop.after(RECONNECT_PAUSE, () -> {
            failedLately = false;
            events.mayOpenAgain();
        });
    }

    private void forget(PgLane lane) {
        if (all.remove(lane)) {
            resting.remove(lane);
            observer.coldConnections(-1);
            settleClose();
        }
    }

    /** With a goodbye; a server that is frozen or gone does not answer it. */
    private void close(PgLane lane) {
        goodbyes++;
        forget(lane);
        lane.onClose(() -> {
            goodbyes--;
            settleClose();
        });
        lane.close();
        loop.after(GOODBYE, lane::abandon);
    }

    private void settleClose() {
        if (closing && all.isEmpty() && !connecting && goodbyes == 0) {
            drained.tryComplete();
        }
    }

    private void scheduleUpkeep() {
        loop.after(UPKEEP_TICK, this::upkeep);
    }

    private void upkeep() {
        if (closing) {
            return;
        }
        long now = loop.nanos();
        boolean due = now - checkedAt >= settings.healthCheckPeriod().toNanos();
        if (due || !events.isWell()) {
            checkedAt = now;
            closeUnneeded();
            probe();
        }
        scheduleUpkeep();
    }

    private void probe() {
        if (all.isEmpty() || areOverdue()) {
            openAnother();
        }
        List<PgLane> unused = List.copyOf(resting);
        resting.clear();
        unused.forEach(events::probe);
    }

    private void closeUnneeded() {
        long now = loop.nanos();
        long maxIdle = settings.maxConnectionIdle().toNanos();
        for (PgLane lane : List.copyOf(resting)) {
            if (isTooOld(lane) || (maxIdle > 0 && lane.idleNanos(now) >= maxIdle)) {
                close(lane);
            }
        }
    }

    private boolean isTooOld(PgLane lane) {
        long maxLifetime = settings.maxConnectionLifetime().toNanos();
        return maxLifetime > 0 && lane.ageNanos(loop.nanos()) >= maxLifetime;
    }
}
