package dev.hotcold.lookup;

import dev.hotcold.flight.Flights;
import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Reason;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The read-through lookup of one event loop.
 *
 * <ol>
 *   <li>Join the flight of this id, or start one.
 *   <li>The flight reads the hot store. A hit is the answer.
 *   <li>Otherwise, or if the hot store cannot say, it reads the cold store.
 *   <li>A user found there is encoded once, for the fill and for the answer; the fill is handed to the hot store, and
 *       the flight lands without waiting for it.
 *   <li>Each caller waits for its flight no longer than its own budget; the flight goes on for the others.
 * </ol>
 *
 * <p>One read of the cold store per id and flight, because:
 *
 * <ul>
 *   <li>A flight spans the hot read, the cold read and the hand-over of the fill. A lookup that comes while it is in
 *       the air joins it and reads nothing itself, so it cannot see the hot store empty and then find the flight gone.
 *   <li>A lookup that comes after the landing sends its hot read after the fill, and the hot store keeps that order.
 * </ul>
 *
 * <p>Confined to: its event loop.
 */
public final class Lookup {

    private static final Logger LOG = LoggerFactory.getLogger(Lookup.class);

    private final HotStore hot;
    private final ColdStore cold;
    private final LookupObserver observer;
    private final LongSupplier nanoClock;
    private final Flights<UserId, LookupResult> flights = new Flights<>();
    private final DeadlineQueue<Caller> deadlines;

    /**
     * @param timer of the event loop that all calls come from and both stores answer on
     * @param nanoClock as {@link System#nanoTime}
     */
    public Lookup(
            HotStore hot,
            ColdStore cold,
            LookupObserver observer,
            LookupSettings settings,
            LoopTimer timer,
            LongSupplier nanoClock) {
        this.hot = hot;
        this.cold = cold;
        this.observer = observer;
        this.nanoClock = nanoClock;
        this.deadlines = new DeadlineQueue<>(timer, nanoClock, settings.budget());
    }

    /** Looks a user up. Never fails; answers within the budget. */
    public Future<LookupResult> lookup(UserId id) {
        Caller caller = new Caller();
        deadlines.add(caller);
        flights.join(id, this::fly).onComplete(caller::landed);
        return caller.answer.future();
    }

    /** How many ids are being looked up. */
    public int inFlight() {
        return flights.size();
    }

    private Future<LookupResult> fly(UserId id) {
        return hot.read(id)
                .transform(read -> read.succeeded() ? afterHotRead(id, read.result()) : readCold(id, Layer.COLD_ALONE));
    }

    private Future<LookupResult> afterHotRead(UserId id, HotRead read) {
        return switch (read) {
            case HotRead.Hit hit -> Future.succeededFuture(new Found(hit.user(), Layer.HOT));
            case HotRead.Vacant ignored -> readCold(id, Layer.COLD);
        };
    }

    private Future<LookupResult> readCold(UserId id, Layer layer) {
        return cold.read(id).map(read -> afterColdRead(id, read, layer));
    }

    private LookupResult afterColdRead(UserId id, ColdRead read, Layer layer) {
        return switch (read) {
            case ColdRead.Present present -> {
                UserJson user = UserJson.encode(present.user());
                hot.fill(id, user);
                yield new Found(user, layer);
            }
            case ColdRead.Absent ignored -> new NotFound(layer);
            case ColdRead.Refused ignored -> new Unavailable(Reason.OVERLOADED);
        };
    }

    /** One who waits for an answer. */
    private final class Caller extends DeadlineQueue.Entry {

        private final Promise<LookupResult> answer = Promise.promise();
        private final long startedAt = nanoClock.getAsLong();
        private boolean settled;

        void landed(AsyncResult<LookupResult> outcome) {
            if (outcome.succeeded()) {
                settle(outcome.result());
            } else {
                if (!(outcome.cause() instanceof StoreFailure)) {
                    LOG.error("A lookup failed in an unforeseen way", outcome.cause());
                }
                settle(new Unavailable(Reason.FAILED));
            }
        }

        @Override
        protected boolean isSettled() {
            return settled;
        }

        @Override
        protected void expire() {
            settle(new Unavailable(Reason.TIMED_OUT));
        }

        private void settle(LookupResult result) {
            if (!settled) {
                settled = true;
                observer.lookedUp(result, nanoClock.getAsLong() - startedAt);
                answer.complete(result);
            }
        }
    }
}
