package dev.hotcold.lookup;

import dev.hotcold.flight.Flights;
import dev.hotcold.flight.Landing;
import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Reason;
import dev.hotcold.lookup.LookupResult.Stale;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The read-through lookup of one event loop.
 *
 * <ol>
 *   <li>Join the flight of this id, or start one.
 *   <li>The flight reads the hot store. A hit is the answer. When nearly all reads miss, it begins with the next step.
 *   <li>On a miss it asks the hot store for the lease of this id. Among all loops and instances one gets it; the others
 *       wait and find what that one has filled.
 *   <li>Who got the lease reads the cold store. So does, without a lease, who waited for half of the budget in vain, whom
 *       a change forbids to fill, and who found the hot store unable to say anything.
 *   <li>A user found there is encoded once, for the fill and for the answer; the fill is handed to the hot store, which
 *       takes it only if the lease still stands. Without a lease nothing is filled. The flight lands without waiting for
 *       the fill.
 *   <li>A user that the hot store holds beyond its time is read anew in the same way. When the cold store fails or takes
 *       long, the answer is that stale user, and says so. One whose time ends soon is the answer, and is read anew behind
 *       it: {@link Refreshes}.
 *   <li>Each caller waits for its flight no longer than its own budget; the flight goes on for the others.
 * </ol>
 *
 * <p>One read of the cold store per id and flight, because:
 *
 * <ul>
 *   <li>A flight spans the hot read, the lease, the cold read and the hand-over of the fill. A lookup that comes while it
 *       is in the air joins it and reads nothing itself, so it cannot see the hot store empty and then find the flight
 *       gone.
 *   <li>A lookup that comes after the landing sends its hot read after the fill, and the hot store keeps that order.
 * </ul>
 *
 * <p>Why a fill never leaves an old user behind: see DESIGN.md, "Never stale".
 *
 * <p>Confined to: its event loop.
 */
public final class Lookup {

    private static final Logger LOG = LoggerFactory.getLogger(Lookup.class);

    private final HotStore hot;
    private final ColdStore cold;
    private final LookupObserver observer;
    private final LongSupplier nanoClock;
    private final long leasePatience;
    private final Flights<UserId, LookupResult> flights = new Flights<>();
    private final DeadlineQueue<Caller> deadlines;
    private final Refreshes refreshes;
    private final Flights.TakeOff<UserId, LookupResult> takeOff = this::fly;

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
        this.leasePatience = settings.budget().dividedBy(2).toNanos();
        this.refreshes =
                new Refreshes(timer, nanoClock, settings.budget().dividedBy(3), this::lookupAnew, this::refreshEarly);
        this.deadlines = new DeadlineQueue<>(timer, nanoClock, settings.budget());
    }

    /**
     * Looks a user up.
     *
     * @param answer called once, on the event loop, within the budget
     */
    public void lookup(UserId id, Consumer<LookupResult> answer) {
        long now = nanoClock.getAsLong();
        Caller caller = new Caller(answer, now);
        deadlines.add(caller, now);
        flights.join(id, takeOff, caller);
    }

    /**
     * Looks a user up in the cold store, whatever the hot store holds, and refreshes the hot store. Joins no flight: what
     * that reads may have been read before this was asked.
     *
     * @param answer called once, on the event loop, within the budget
     */
    public void lookupBypassingHot(UserId id, Consumer<LookupResult> answer) {
        long now = nanoClock.getAsLong();
        Caller caller = new Caller(answer, now);
        deadlines.add(caller, now);
        land(hot.seizeLease(id).transform(outcome -> afterLease(id, outcome, Layer.COLD_ALONE)), caller);
    }

    /** How many ids are being looked up. */
    int inFlight() {
        return flights.size();
    }

    private void fly(UserId id, Landing<LookupResult> flight) {
        long waitUntil = nanoClock.getAsLong() + leasePatience;
        if (hot.expectsMisses() && !cold.isHopeless()) {
            land(
                    hot.lease(id, waitUntil)
                            .transform(outcome -> afterLease(id, outcome, Layer.COLD_ALONE))
                            .transform(outcome -> orLastResort(id, outcome)),
                    flight);
        } else {
            hot.read(id, new Departure(id, waitUntil, flight));
        }
    }

    private static void land(Future<LookupResult> outcome, Landing<LookupResult> landing) {
        outcome.onComplete(landing::landed, landing::crashed);
    }

    /** A flight that waits for what the hot store says. A hit is its end, with no future in between. */
    private final class Departure implements HotReader {

        private final UserId id;
        private final long waitUntil;
        private final Landing<LookupResult> flight;

        private Departure(UserId id, long waitUntil, Landing<LookupResult> flight) {
            this.id = id;
            this.waitUntil = waitUntil;
            this.flight = flight;
        }

        @Override
        public void said(HotRead read) {
            if (read instanceof HotRead.Hit hit && !hit.endsSoon()) {
                flight.landed(new Found(hit.user(), Layer.HOT));
                return;
            }
            // What the stores throw is a flight that failed.
            land(Future.succeededFuture(read).compose(ignored -> afterHotRead(id, read, waitUntil)), flight);
        }

        @Override
        public void failed(Throwable cause) {
            land(
                    Future.succeededFuture()
                            .compose(ignored -> readCold(id, null, Layer.COLD_ALONE))
                            .transform(outcome -> orLastResort(id, outcome)),
                    flight);
        }
    }

    private Future<LookupResult> afterHotRead(UserId id, HotRead read, long waitUntil) {
        return switch (read) {
            case HotRead.Hit hit -> {
                if (hit.endsSoon() && !cold.isHopeless()) {
                    refreshes.refreshEarly(id);
                }
                yield Future.succeededFuture(new Found(hit.user(), Layer.HOT));
            }
            case HotRead.Stale stale ->
                cold.isHopeless()
                        ? Future.succeededFuture(new Stale(stale.user(), stale.since()))
                        : refreshes.refreshOrServe(id, stale);
            case HotRead.Vacant ignored ->
                hot.lease(id, waitUntil).transform(outcome -> afterLease(id, outcome, Layer.COLD));
        };
    }

    private Future<LookupResult> lookupAnew(UserId id) {
        return hot.lease(id, nanoClock.getAsLong() + leasePatience)
                .transform(outcome -> afterLease(id, outcome, Layer.COLD));
    }

    private Future<?> refreshEarly(UserId id) {
        return hot.leaseEarly(id)
                .compose(outcome -> outcome instanceof LeaseOutcome.Granted granted
                        ? readCold(id, granted.token(), Layer.COLD)
                        : Future.succeededFuture());
    }

    /** When the cold store cannot say either, for those who have not seen what the hot store holds. */
    private Future<LookupResult> orLastResort(UserId id, AsyncResult<LookupResult> outcome) {
        if (outcome.succeeded() && !(outcome.result() instanceof Unavailable)) {
            return Future.succeededFuture(outcome.result());
        }
        return hot.readAsLastResort(id).transform(read -> switch (read.result()) {
            case HotRead.Hit hit -> Future.succeededFuture(new Found(hit.user(), Layer.HOT));
            case HotRead.Stale stale -> Future.succeededFuture(new Stale(stale.user(), stale.since()));
            case HotRead.Vacant ignored -> again(outcome);
            case null -> again(outcome);
        });
    }

    private static <T> Future<T> again(AsyncResult<T> outcome) {
        return outcome.succeeded() ? Future.succeededFuture(outcome.result()) : Future.failedFuture(outcome.cause());
    }

    /** @param ifFailed what to call the cold store's answer when the hot store could not say */
    private Future<LookupResult> afterLease(UserId id, AsyncResult<LeaseOutcome> outcome, Layer ifFailed) {
        if (outcome.failed()) {
            return readCold(id, null, ifFailed);
        }
        return switch (outcome.result()) {
            case LeaseOutcome.Granted granted -> readCold(id, granted.token(), Layer.COLD);
            case LeaseOutcome.Filled filled -> Future.succeededFuture(new Found(filled.user(), Layer.HOT));
            case LeaseOutcome.Other.KNOWN_ABSENT -> Future.succeededFuture(new NotFound(Layer.HOT));
            case LeaseOutcome.Other.DENIED -> readCold(id, null, Layer.COLD);
        };
    }

    /** @param lease null = nothing is filled */
    private Future<LookupResult> readCold(UserId id, @Nullable LeaseToken lease, Layer layer) {
        return cold.read(id)
                .onFailure(failure -> release(id, lease))
                .map(read -> afterColdRead(id, read, lease, layer));
    }

    private LookupResult afterColdRead(UserId id, ColdRead read, @Nullable LeaseToken lease, Layer layer) {
        return switch (read) {
            case ColdRead.Present present -> {
                UserJson user = UserJson.encode(present.user());
                if (lease != null) {
                    hot.fill(id, user, lease);
                }
                yield new Found(user, layer);
            }
            case ColdRead.Absent ignored -> {
                if (lease == null) {
                    hot.forget(id);
                } else {
                    hot.fillAbsent(id, lease);
                }
                yield new NotFound(layer);
            }
            case ColdRead.Refused ignored -> {
                release(id, lease);
                yield new Unavailable(Reason.OVERLOADED);
            }
        };
    }

    private void release(UserId id, @Nullable LeaseToken lease) {
        if (lease != null) {
            hot.release(id, lease);
        }
    }

    /** One who waits for an answer. */
    private final class Caller extends DeadlineQueue.Entry implements Landing<LookupResult> {

        private final Consumer<LookupResult> answer;
        private final long startedAt;
        private boolean settled;

        private Caller(Consumer<LookupResult> answer, long startedAt) {
            this.answer = answer;
            this.startedAt = startedAt;
        }

        @Override
        public void landed(LookupResult outcome) {
            settle(outcome);
        }

        @Override
        public void crashed(Throwable cause) {
            if (!(cause instanceof StoreFailure)) {
                LOG.error("A lookup failed in an unforeseen way", cause);
            }
            settle(new Unavailable(Reason.FAILED));
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
                try {
                    answer.accept(result);
                } catch (RuntimeException unforeseen) {
                    // Others who wait for the same flight, or batch, have nothing to do with it.
                    LOG.error("An answer could not be given", unforeseen);
                }
            }
        }
    }
}
