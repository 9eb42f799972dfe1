package dev.hotcold.cold;

import dev.hotcold.cold.batch.Bisection;
import dev.hotcold.cold.batch.ColdBatch;
import dev.hotcold.cold.batch.ColdQueue;
import dev.hotcold.cold.batch.DispatchOrder;
import dev.hotcold.cold.batch.LoadShedder;
import dev.hotcold.cold.pool.ConnectionPool;
import dev.hotcold.cold.pool.Connector;
import dev.hotcold.cold.pool.PoolSettings;
import dev.hotcold.cold.pool.PooledConnection;
import dev.hotcold.cold.pool.QueryOutcome;
import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.ColdStore;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.loop.AnswersInMemory;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

// Long: the way of a read, and what becomes of it, in one place.
/**
 * PostgreSQL as one event loop uses it.
 *
 * <ol>
 *   <li>A miss waits in the queue. It fails at once when PostgreSQL is known to be down, and is refused at once when the queue
 *       is full or it would be answered too late.
 *   <li>At the end of the turn, as long as a connection is idle, the whole queue goes out as one prepared {@code SELECT … =
 *       ANY($1)}, up to the size that is answered in time. While all connections are busy the queue grows, and the next one
 *       that becomes idle takes it. As with a group commit there is no delay when idle and a large batch under load.
 *   <li>When the query ends, its outcome is judged, in one place, and each read of the batch is completed or failed. The
 *       connection goes back to the pool. Reads that others in their batch may have made fail are sent again, in halves.
 *   <li>A query that runs past its deadline fails its reads and is cancelled in PostgreSQL. If even that does not end it, its
 *       connection is abandoned.
 * </ol>
 *
 * <p>Confined to: its event loop, but for {@link #health}.
 */
public final class PostgresColdStore implements ColdStore {

    /** How long a query that was cancelled may take to end before its connection is abandoned. */
    private static final Duration CANCEL_GRACE = Duration.ofSeconds(2);

    private final Loop loop;
    private final LookupObserver observer;
    private final StoreHealth health = new StoreHealth("PostgreSQL");
    private final ColdQueue queue;
    private final Bisection again;
    private final LoadShedder shedder;
    private final DispatchOrder order;
    private final ConnectionPool pool;
    private final DeadlineQueue<ColdBatch> deadlines;
    private final RequestBudget budget;
    private boolean dispatchScheduled;

    /**
     * A store that is not open yet.
     *
     * @param connector opens the connections, and answers on {@code loop}
     * @param loops how many event loops share the bounds of the settings
     */
    public PostgresColdStore(
            Connector connector,
            PoolSettings settings,
            int loops,
            RequestBudget budget,
            Loop loop,
            LookupObserver observer) {
        int connections = settings.connectionsPerLoop(loops);
        this.loop = loop;
        this.observer = observer;
        this.queue = new ColdQueue(settings.waitingPerLoop(loops), budget, observer, health, loop);
        this.again = new Bisection(budget, health, loop);
        this.shedder = new LoadShedder(
                budget,
                connections,
                AnswersInMemory.perAnswer(Runtime.getRuntime().maxMemory(), loops * connections),
                loop);
        this.order = new DispatchOrder(queue, again, shedder);
        this.pool = new ConnectionPool(connector, settings, connections, loop, observer, health, new PoolOwner());
        this.deadlines = new DeadlineQueue<>(loop, budget.query());
        this.budget = budget;
    }

    /**
     * Connects now rather than with the first read, and keeps probing.
     *
     * @return completes when the first attempt has ended, whether it succeeded or failed
     */
    public Future<Void> open() {
        return pool.start();
    }

    /**
     * Asks what the table is, as a probe does, before the first read does.
     *
     * @return completes when it is known, or known that it cannot be; at once where no connection rests
     */
    public Future<Void> probe() {
        PooledConnection connection = pool.take();
        return connection == null
                ? Future.succeededFuture()
                : send(ColdBatch.probe(connection, loop.nanos(), this::onOverdue));
    }

    /** Forgets what was learnt of trials, which says little of the reads to come. */
    public void forgetTrials() {
        again.forgetAnswers();
        shedder.forget();
    }

    /** The state of PostgreSQL, as this loop sees it. Thread-safe. */
    public StoreHealth health() {
        return health;
    }

    /** Closes the connections once their queries have ended. */
    public Future<Void> close() {
        return pool.close();
    }

    @Override
    public Future<ColdRead> read(UserId id) {
        assert loop.isCurrent();
        Optional<Failure> down = whyDown();
        if (down.isPresent()) {
            observer.coldReadsFailed(1, down.get());
            return Future.failedFuture(new StoreFailure("PostgreSQL", down.get()));
        }
        // A store that has not answered lately is not overloaded, but failing.
        if (!health.isDegraded() && order.sheds(id)) {
            return queue.refuse();
        }
        Future<ColdRead> read = order.add(id);
        scheduleDispatch();
        return read;
    }

    @Override
    public boolean isKnownDown() {
        return whyDown().isPresent();
    }

    /** Why a read would wait in vain; empty when it would not. */
    private Optional<Failure> whyDown() {
        // One that has answered so far may take its time to let another connection in.
        if (pool.isOverdue() || (health.isDegraded() && pool.isStuck(budget.query()))) {
            return Optional.of(Failure.TIMEOUT);
        }
        return pool.isDown() ? Optional.of(Failure.DISCONNECTED) : Optional.empty();
    }

    private void scheduleDispatch() {
        if (!dispatchScheduled) {
            dispatchScheduled = true;
            loop.atEndOfTurn(this::dispatch);
        }
    }

    private void dispatch() {
        dispatchScheduled = false;
        PooledConnection connection;
        while (order.isAnyWaiting() && (connection = pool.take()) != null) {
            DispatchOrder.Turn turn = order.next();
            if (turn == null) {
                pool.putBack(connection);
            } else {
                var _ = send(new ColdBatch(turn, connection, loop.nanos(), this::onOverdue));
            }
        }
        if (order.isAnyWaiting()) {
            pool.openAnother();
        }
    }

    private Future<Void> send(ColdBatch batch) {
        deadlines.add(batch);
        shedder.sent(batch);
        if (batch.size() > 0) {
            observer.coldBatchSent(batch.size());
        }
        return batch.connection()
                .query(batch.ids(), batch.sentAt())
                .onSuccess(outcome -> onEnd(batch, outcome))
                .mapEmpty();
    }

    private void onEnd(ColdBatch batch, QueryOutcome outcome) {
        boolean inTime = batch.end();
        long nanos = loop.nanos() - batch.sentAt();
        shedder.ended(batch);
        if (batch.size() > 0) {
            observer.coldBatchEnded(nanos);
        }
        judge(batch, outcome, inTime, nanos);
        pool.release(batch.connection(), outcome);
        scheduleDispatch();
    }

    /**
     * The one place that says what the outcome of a query means for its reads, for the health of PostgreSQL and for the load.
     *
     * @param inTime whether it ended before its deadline; if not, its reads have failed already
     */
    private void judge(ColdBatch batch, QueryOutcome outcome, boolean inTime, long nanos) {
        switch (outcome) {
            case QueryOutcome.Answered answered -> {
                int asked = batch.size() - answered.unasked();
                if (inTime) {
                    shedder.answered(asked, nanos);
                }
                shedder.measured(asked, answered.bytes());
                batch.complete(answered.rows(), answered.match());
                if (inTime && batch.size() > 0) {
                    queue.served();
                }
                if (inTime) {
                    health.recovered();
                }
                again.answered(batch);
            }
            case QueryOutcome.NotAsked notAsked -> {
                batch.complete(List.of(), notAsked.match());
                again.ended(batch);
            }
            case QueryOutcome.Cut cut -> {
                health.recovered();
                if (cut.rows().isEmpty()) {
                    again.failedByLength(batch);
                } else {
                    shedder.measuredCut(cut.rows().size(), cut.bytes());
                    batch.completeFound(cut.rows());
                    again.answeredInPart(batch);
                }
            }
            case QueryOutcome.RowError error -> again.failed(batch, error.problem());
            case QueryOutcome.Cancelled cancelled -> {
                if (inTime) {
                    health.degraded(cancelled.problem());
                }
                fail(batch, Failure.ERROR_REPLY);
            }
            case QueryOutcome.ErrorReply reply -> {
                health.degraded(reply.problem());
                fail(batch, Failure.ERROR_REPLY);
            }
            case QueryOutcome.Disconnected disconnected -> {
                health.degraded(disconnected.problem());
                fail(batch, Failure.DISCONNECTED);
            }
        }
    }

    private void fail(ColdBatch batch, Failure why) {
        batch.fail(why);
        again.ended(batch);
    }

    private void onOverdue(ColdBatch batch) {
        shedder.givenUp(batch);
        health.degraded("no reply in time");
        batch.fail(Failure.TIMEOUT);
        batch.connection().cancel().onFailure(this::onProblem);
        loop.after(CANCEL_GRACE, () -> abandonUnlessEnded(batch));
        scheduleDispatch();
    }

    private void abandonUnlessEnded(ColdBatch batch) {
        if (!batch.hasEnded()) {
            pool.abandon(batch.connection());
            scheduleDispatch();
        }
    }

    private void onProblem(Throwable problem) {
        health.degraded(String.valueOf(problem.getMessage()));
    }

    private final class PoolOwner implements ConnectionPool.Owner {

        @Override
        public void connectionsChanged() {
            scheduleDispatch();
        }

        @Override
        public void openFailed(Throwable cause) {
            if (pool.isDown()) {
                onProblem(cause);
                queue.failAll(Failure.DISCONNECTED);
                again.failAll(Failure.DISCONNECTED);
            }
        }

        @Override
        public void probe(PooledConnection connection) {
            var _ = send(ColdBatch.probe(connection, loop.nanos(), PostgresColdStore.this::onOverdue));
        }
    }
}
