package dev.hotcold.cold;

import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.ColdStore;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.user.UserId;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * PostgreSQL as one event loop uses it.
 *
 * <p><b>Batching.</b> Misses queue. At the end of the turn, as long as a connection rests, the whole queue goes out as
 * one prepared {@code SELECT … = ANY($1)}; while all are busy it grows, and the next connection to come back takes it.
 * As with a group commit there is no delay when idle and a large batch under load.
 *
 * <p><b>Bounds.</b> They follow what queries cost at the moment ({@link QueryCost}), so that what is asked is still of use to
 * its caller. A query has no more ids than are answered in a sixth of the budget. A read that would
 * wait for its query for more than half of what that leaves of the budget is refused at once; so is one beyond the number
 * of the settings, and, after a third of the budget, one that still waits while others were served. A query that runs past
 * the budget fails its reads and is cancelled in PostgreSQL; if even that does not end it, its connection is abandoned.
 *
 * <p>Confined to: its event loop and Vert.x context, but for {@link #health}.
 */
public final class PostgresColdStore implements ColdStore {

    /** Ids in one query, at most. */
    private static final int MAX_BATCH = 256;

    /** How long a query that was cancelled may take to end before its connection is given up. */
    private static final Duration CANCEL_GRACE = Duration.ofSeconds(2);

    private final Loop loop;
    private final LookupObserver observer;
    private final long budget;
    private final String host;
    private final StoreHealth health = new StoreHealth("PostgreSQL");
    private final ColdQueue queue;
    private final DeadlineQueue<ColdBatch> sent;
    private final PgLanes lanes;
    private final QueryCost cost;
    private final List<ColdBatch> underWay = new ArrayList<>();
    private int mostIds = MAX_BATCH;
    private boolean dispatchScheduled;

    /**
     * @param loops how many event loops share the bounds of the settings
     * @param budget how long a read may wait for its query, and how long that query may run
     * @param vertx connections are opened on its current context, which must belong to {@code loop}
     */
    public PostgresColdStore(
            PostgresSettings settings,
            int loops,
            RequestBudget budget,
            Vertx vertx,
            Loop loop,
            LookupObserver observer) {
        this.host = settings.host();
        this.loop = loop;
        this.observer = observer;
        this.budget = budget.query().toNanos();
        this.cost = new QueryCost(MAX_BATCH, budget.queryTarget());
        int capacity = Math.max(1, settings.maxWaiting() / loops);
        this.queue = new ColdQueue(capacity, budget.coldQueue(), budget.total(), observer, loop);
        this.sent = new DeadlineQueue<>(loop, budget.query());
        this.lanes = new PgLanes(settings, loops, vertx, loop, observer, new LaneEvents());
    }

    /**
     * Connects now rather than with the first read, and keeps probing.
     *
     * @return succeeds when the first attempt has ended, well or not
     */
    public Future<Void> open() {
        return lanes.start();
    }

    /** What ails PostgreSQL, as this loop sees it. Thread-safe. */
    public StoreHealth health() {
        return health;
    }

    /** Closes the connections once their queries have ended. */
    public Future<Void> close() {
        return lanes.close();
    }

    @Override
    public Future<ColdRead> read(UserId id) {
        Failure hopeless = whyHopeless();
        if (hopeless != null) {
            observer.coldReadsFailed(1, hopeless);
            return Future.failedFuture(new StoreFailure("PostgreSQL", hopeless));
        }
        Future<ColdRead> read = isOverloaded() ? null : queue.add(id);
        if (read == null) {
            observer.coldReadsFailed(1, Failure.OVERLOADED);
            return Future.succeededFuture(ColdRead.Refused.REFUSED);
        }
        scheduleDispatch();
        return read;
    }

    @Override
    public boolean isKnownDown() {
        return whyHopeless() != null;
    }

    /** Why waiting would be in vain; null when it would not. */
    private @Nullable Failure whyHopeless() {
        if (lanes.areOverdue()) {
            return Failure.TIMEOUT;
        }
        return lanes.areDown() ? Failure.DISCONNECTED : null;
    }

    private void scheduleDispatch() {
        if (!dispatchScheduled) {
            dispatchScheduled = true;
            loop.atEndOfTurn(this::dispatch);
        }
    }

    private void dispatch() {
        dispatchScheduled = false;
        PgLane lane;
        while (!queue.isEmpty() && (lane = lanes.takeResting()) != null) {
            send(lane, queue.take(mostIds));
        }
        if (!queue.isEmpty()) {
            lanes.openAnother();
        }
    }

    private void send(PgLane lane, List<ColdQueue.Read> reads) {
        ColdBatch batch = new ColdBatch(reads, lane, loop.nanos(), this::onOverdue);
        sent.add(batch);
        underWay.add(batch);
        if (!reads.isEmpty()) {
            observer.coldBatchSent(reads.size());
        }
        lane.query(reads, batch.sentAt()).onComplete(outcome -> onEnd(batch, outcome));
    }

    private void onEnd(ColdBatch batch, AsyncResult<RowSet<Row>> outcome) {
        batch.end();
        underWay.remove(batch);
        long took = loop.nanos() - batch.sentAt();
        if (!batch.reads().isEmpty()) {
            observer.coldBatchEnded(took);
        }
        boolean broken = outcome.failed() && PgProblems.isBroken(outcome.cause());
        boolean wasCancelled = batch.lane().isOverdue() && PgProblems.isCancelled(outcome.cause());
        if (outcome.succeeded()) {
            if (!batch.lane().isOverdue()) {
                cost.add(batch.reads().size(), took);
                mostIds = cost.mostIds();
            }
            deliver(batch, outcome.result());
        } else {
            if (!wasCancelled) {
                health.degraded(PgProblems.describe(outcome.cause(), host));
            }
            batch.fail(broken ? Failure.DISCONNECTED : Failure.ERROR_REPLY);
        }
        // A cancel request that did not end this query may still be on its way, and would hit the next one.
        if (broken || (batch.lane().isOverdue() && !wasCancelled)) {
            lanes.retire(batch.lane());
        } else {
            lanes.putBack(batch.lane());
        }
        scheduleDispatch();
    }

    /** A table that is not made by our migration may hold what is no text. */
    private void deliver(ColdBatch batch, RowSet<Row> rows) {
        try {
            batch.deliver(rows);
            if (!batch.lane().isOverdue()) {
                queue.served();
            }
            health.recovered();
        } catch (RuntimeException notText) {
            health.degraded("a column of the table \"users\" is not of a text type: " + notText.getMessage());
            batch.fail(Failure.ERROR_REPLY);
        }
    }

    /**
     * Whether a read that came now would get its answer too late, as far as that can be told. A store that has not answered
     * of late is not overloaded, but failing.
     */
    private boolean isOverloaded() {
        if (underWay.size() < lanes.most() || health.reason().isPresent()) {
            return false;
        }
        long query = cost.nanos(mostIds);
        long ahead = queue.size() / mostIds * query / lanes.most();
        return nextEnd() + ahead > (budget - query) / 2;
    }

    /** Nanoseconds until one of the queries under way is going to end. */
    private long nextEnd() {
        long now = loop.nanos();
        long next = budget;
        for (ColdBatch batch : underWay) {
            next = Math.min(next, batch.sentAt() + cost.nanos(batch.reads().size()) - now);
        }
        return Math.max(0, next);
    }

    private void onOverdue(ColdBatch batch) {
        cost.addGivenUp(batch.reads().size(), budget);
        mostIds = cost.mostIds();
        health.degraded("no reply in time");
        batch.fail(Failure.TIMEOUT);
        batch.lane().cancelQuery().onFailure(failure -> health.degraded(PgProblems.describe(failure, host)));
        loop.after(CANCEL_GRACE, () -> {
            if (!batch.hasEnded()) {
                lanes.abandon(batch.lane());
                scheduleDispatch();
            }
        });
        scheduleDispatch();
    }

    private final class LaneEvents implements PgLanes.Events {

        @Override
        public void opened() {
            scheduleDispatch();
        }

        @Override
        public void openFailed(Throwable cause) {
            if (lanes.areDown()) {
                health.degraded(PgProblems.describe(cause, host));
                queue.failAll(Failure.DISCONNECTED);
            }
        }

        @Override
        public void mayOpenAgain() {
            scheduleDispatch();
        }

        @Override
        public boolean isWell() {
            return health.reason().isEmpty();
        }

        @Override
        public void probe(PgLane lane) {
            send(lane, List.of());
        }
    }
}
