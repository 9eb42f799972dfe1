// Long: one algorithm, whose steps are of no use to anybody else.
package dev.hotcold.lookup;

import dev.hotcold.flight.SingleFlight;
import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Reason;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.loop.Completion;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The read-through lookup of one event loop.
 *
 * <ol>
 *   <li>Concurrent lookups of one id share one call (single flight).
 *   <li>The call reads the hot store. A hit is the answer. While nearly all reads miss, it starts with the next step.
 *   <li>On a miss it requests the lease of this id from the hot store. Among all loops and instances one call is granted it; the
 *       others wait and find what that one filled.
 *   <li>The holder of the lease reads the cold store. A call reads it without a lease when it waited for half of the budget
 *       in vain, when a change forbids fills, and when the hot store is unavailable.
 *   <li>A user found there is encoded once, for the fill and for the answer; the fill is handed to the hot store, which
 *       takes it only while the lease stands. Without a lease nothing is filled. The call ends without waiting for the
 *       fill.
 *   <li>A user beyond its soft TTL, or that nothing proves as young as is demanded, is refreshed in the same way. When the cold store fails or is slow, the answer is that
 *       stale user, marked as such. A user close to its soft TTL is the answer and is refreshed behind it: {@link Refreshes}.
 *   <li>Each caller waits no longer than its own budget; the call goes on for the others.
 * </ol>
 *
 * <p>One read of the cold store per id and call, because:
 *
 * <ul>
 *   <li>A call spans the hot read, the lease, the cold read and the hand-over of the fill. A lookup that comes meanwhile
 *       joins it and reads nothing itself, so it cannot find the hot store empty and then the call gone.
 *   <li>A lookup that comes after the end of a call sends its hot read behind the fill, and the hot store keeps that order.
 * </ul>
 *
 * <p>Why a fill never leaves an old user behind: see docs/design, "Never stale".
 *
 * <p>Confined to: its event loop.
 */
public final class Lookup {

    private static final Logger LOG = LoggerFactory.getLogger(Lookup.class);

    /** Where the outcome of a lookup goes. There always is one: a failure is an outcome too. */
    @FunctionalInterface
    public interface Answer {

        /** Called once, on the event loop. */
        void complete(LookupResult outcome);
    }

    private final HotStore hot;
    private final ColdStore cold;
    private final LookupObserver observer;
    private final Loop loop;
    private final long hotNanos;
    private final SingleFlight<UserId, LookupResult> calls = new SingleFlight<>();
    private final DeadlineQueue<Caller> deadlines;
    private final Refreshes refreshes;
    private final SingleFlight.Work<UserId, LookupResult> work = this::start;

    /** @param loop that all calls come from and both stores answer on */
    public Lookup(HotStore hot, ColdStore cold, LookupObserver observer, RequestBudget budget, Loop loop) {
        this.hot = hot;
        this.cold = cold;
        this.observer = observer;
        this.loop = loop;
        this.hotNanos = budget.hotStore().toNanos();
        this.refreshes = new Refreshes(loop, budget.staleAfter(), this::refresh, this::refreshAhead);
        this.deadlines = new DeadlineQueue<>(loop, budget.total());
    }

    /** Looks a user up, and completes the answer within the budget. */
    public void lookup(UserId id, Answer answer) {
        calls.join(id, work, newCaller(answer));
    }

    /**
     * Looks a user up in the cold store, whatever the hot store holds, and refreshes the hot store. Joins no other call: what
     * that reads may have been read before this began.
     *
     * @param answer completed within the budget
     */
    public void lookupBypassingHot(UserId id, Answer answer) {
        Caller caller = newCaller(answer);
        end(caller, hot.seizeLease(id).transform(lease -> afterLease(id, lease, Layer.COLD_ONLY)));
    }

    /**
     * Looks a user up for a caller who demands that the answer is provably no older than others need theirs. What cannot be proven
     * is read from the cold store, and is the answer, marked as unproven, only where that fails or takes long. Joins no other call.
     *
     * @param answer completed within the budget
     */
    public void lookupNoOlderThan(UserId id, Duration most, Answer answer) {
        Caller caller = newCaller(answer);
        long hotDeadline = loop.nanos() + hotNanos;
        Promise<HotRead> read = Promise.promise();
        hot.read(id, Completion.of(read));
        end(
                caller,
                read.future()
                        .transform(found -> found.failed()
                                ? orLastResort(id, readCold(id, null, Layer.COLD_ONLY))
                                        .map(any -> hot.isProvenWithin(most) ? any : unprovenIfHot(any))
                                : afterRead(id, found.result(), most, hotDeadline)));
    }

    private Future<LookupResult> afterRead(UserId id, HotRead read, Duration most, long hotDeadline) {
        return switch (read) {
            case HotRead.Hit hit -> provenOrRead(id, new Found(hit.user(), Layer.HOT), most);
            case StaleUser stale -> readOrServe(id, stale);
            case HotRead.Miss ignored ->
                hot.lease(id, hotDeadline)
                        .transform(lease -> afterLease(id, lease, Layer.COLD))
                        .compose(found -> provenOrRead(id, found, most));
        };
    }

    /** @param found by the hot store or by the cold one */
    private Future<LookupResult> provenOrRead(UserId id, LookupResult found, Duration most) {
        if (hot.isProvenWithin(most)) {
            return Future.succeededFuture(found);
        }
        return switch (unprovenIfHot(found)) {
            case StaleUser unproven -> readOrServe(id, unproven);
            case NotFound absent when absent.layer() == Layer.HOT -> readCold(id, null, Layer.COLD);
            case LookupResult read -> Future.succeededFuture(read);
        };
    }

    private Future<LookupResult> readOrServe(UserId id, StaleUser stale) {
        return cold.isKnownDown()
                ? Future.succeededFuture(stale)
                : refreshes.readOrServe(readCold(id, null, Layer.REFRESHED), stale);
    }

    private static LookupResult unprovenIfHot(LookupResult found) {
        return found instanceof Found user && user.layer() == Layer.HOT ? StaleUser.unproven(user.user()) : found;
    }

    /** How many ids are being looked up. */
    int inFlight() {
        return calls.size();
    }

    private Caller newCaller(Answer answer) {
        assert loop.isCurrent();
        long now = loop.nanos();
        Caller caller = new Caller(answer, now);
        deadlines.add(caller, now);
        return caller;
    }

    private void start(UserId id, Completion<LookupResult> call) {
        long hotDeadline = loop.nanos() + hotNanos;
        if (hot.expectsMisses() && !cold.isKnownDown()) {
            Future<LookupResult> found =
                    hot.lease(id, hotDeadline).transform(lease -> afterLease(id, lease, Layer.COLD_ONLY));
            end(call, orLastResort(id, found));
        } else {
            hot.read(id, new AfterHotRead(id, hotDeadline, call));
        }
    }

    private static void end(Completion<LookupResult> call, Future<LookupResult> outcome) {
        outcome.onComplete(call::complete, call::fail);
    }

    /** A call that waits for the hot store. A hit ends it, without a future. */
    private final class AfterHotRead implements Completion<HotRead> {

        private final UserId id;
        private final long hotDeadline;
        private final Completion<LookupResult> call;

        private AfterHotRead(UserId id, long hotDeadline, Completion<LookupResult> call) {
            this.id = id;
            this.hotDeadline = hotDeadline;
            this.call = call;
        }

        @Override
        public void complete(HotRead read) {
            if (read instanceof HotRead.Hit hit) {
                call.complete(new Found(hit.user(), Layer.HOT));
                if (hit.refreshAhead() && !cold.isKnownDown()) {
                    refreshes.refreshAhead(id);
                }
                return;
            }
            try {
                end(call, afterNoHit(read));
            } catch (RuntimeException | Error thrown) {
                // By a store, which should not; no waiter of this call may be stranded.
                call.fail(thrown);
            }
        }

        @Override
        public void fail(Throwable cause) {
            // What a store throws fails the future.
            Future<LookupResult> found =
                    Future.succeededFuture().compose(ignored -> readCold(id, null, Layer.COLD_ONLY));
            end(call, orLastResort(id, found));
        }

        private Future<LookupResult> afterNoHit(HotRead read) {
            return switch (read) {
                // Has ended the call already.
                case HotRead.Hit hit -> Future.succeededFuture(new Found(hit.user(), Layer.HOT));
                case StaleUser stale -> refreshOrServe(id, stale);
                case HotRead.Miss ignored ->
                    hot.lease(id, hotDeadline).transform(lease -> afterLease(id, lease, Layer.COLD));
            };
        }
    }

    private Future<LookupResult> refreshOrServe(UserId id, StaleUser stale) {
        return cold.isKnownDown() ? Future.succeededFuture(stale) : refreshes.refreshOrServe(id, stale);
    }

    /** What is there unproven is what is to be refreshed. */
    private Future<LookupResult> refresh(UserId id) {
        return hot.lease(id, loop.nanos() + hotNanos)
                .transform(lease -> lease.result() instanceof LeaseOutcome.Filled filled && filled.isUnproven()
                        ? readCold(id, null, Layer.REFRESHED)
                        : afterLease(id, lease, Layer.REFRESHED, Layer.REFRESHED));
    }

    private Future<?> refreshAhead(UserId id) {
        return hot.leaseAhead(id)
                .compose(outcome -> outcome instanceof LeaseOutcome.Granted granted
                        ? readCold(id, granted.token(), Layer.COLD)
                        : Future.succeededFuture());
    }

    /** When the cold store fails too, for a call that has not seen what the hot store holds. */
    private Future<LookupResult> orLastResort(UserId id, Future<LookupResult> found) {
        return found.transform(outcome -> outcome.succeeded() && !(outcome.result() instanceof Unavailable)
                ? found
                : hot.readAsLastResort(id).transform(read -> switch (read.result()) {
                    case HotRead.Hit hit -> Future.succeededFuture(new Found(hit.user(), Layer.HOT));
                    case StaleUser stale -> Future.succeededFuture(stale);
                    case HotRead.Miss ignored -> found;
                    case null -> found;
                }));
    }

    /** @param ifFailed the layer of the cold store's answer when the hot store is unavailable */
    private Future<LookupResult> afterLease(UserId id, AsyncResult<LeaseOutcome> outcome, Layer ifFailed) {
        return afterLease(id, outcome, ifFailed, Layer.COLD);
    }

    /** @param layer of the cold store's answer otherwise */
    private Future<LookupResult> afterLease(UserId id, AsyncResult<LeaseOutcome> outcome, Layer ifFailed, Layer layer) {
        if (outcome.failed()) {
            return readCold(id, null, ifFailed);
        }
        return switch (outcome.result()) {
            case LeaseOutcome.Granted granted -> readCold(id, granted.token(), layer);
            case LeaseOutcome.Filled filled ->
                filled.isUnproven()
                        ? refreshOrServe(id, StaleUser.unproven(filled.user()))
                        : Future.succeededFuture(new Found(filled.user(), Layer.HOT));
            case LeaseOutcome.Other.KNOWN_ABSENT -> Future.succeededFuture(new NotFound(Layer.HOT));
            case LeaseOutcome.Other.DENIED -> readCold(id, null, layer);
        };
    }

    /**
     * Reads the cold store.
     *
     * @param lease null = nothing is filled
     * @param layer of the answer. Where that is {@link Layer#REFRESHED}, a user that may be behind the one that is there is none
     */
    private Future<LookupResult> readCold(UserId id, @Nullable LeaseToken lease, Layer layer) {
        return cold.read(id)
                .onFailure(failure -> release(id, lease))
                .map(read -> afterColdRead(id, read, lease, layer));
    }

    private LookupResult afterColdRead(UserId id, ColdRead read, @Nullable LeaseToken lease, Layer layer) {
        if (layer == Layer.REFRESHED && isBehind(read) && hot.isFollowed()) {
            release(id, lease);
            return new Unavailable(Reason.FAILED);
        }
        return switch (read) {
            case ColdRead.Present present -> {
                UserJson user = UserJson.encode(present.user());
                if (!present.isStorable()) {
                    hot.invalidate(id);
                } else if (present.isBehind() && hot.isFollowed()) {
                    release(id, lease);
                } else if (lease != null) {
                    hot.fill(id, user, lease);
                }
                yield new Found(user, layer);
            }
            case ColdRead.Absent absent -> {
                if (absent == ColdRead.Absent.BEHIND && hot.isFollowed()) {
                    release(id, lease);
                } else if (lease == null || absent == ColdRead.Absent.UNTOLD) {
                    hot.invalidate(id);
                } else {
                    hot.fillAbsent(id, lease);
                }
                yield new NotFound(layer == Layer.REFRESHED ? Layer.COLD : layer);
            }
            case ColdRead.Refused ignored -> {
                release(id, lease);
                yield new Unavailable(Reason.OVERLOADED);
            }
        };
    }

    private static boolean isBehind(ColdRead read) {
        return read == ColdRead.Absent.BEHIND || (read instanceof ColdRead.Present present && present.isBehind());
    }

    private void release(UserId id, @Nullable LeaseToken lease) {
        if (lease != null) {
            hot.release(id, lease);
        }
    }

    /** Waits for an answer. */
    private final class Caller extends DeadlineQueue.Entry implements Completion<LookupResult> {

        /** Null once it is complete: the queue of deadlines keeps callers for longer, and a response may be large. */
        private @Nullable Answer answer;

        private final long startedAt;

        private Caller(Answer answer, long startedAt) {
            this.answer = answer;
            this.startedAt = startedAt;
        }

        @Override
        public void complete(LookupResult outcome) {
            Answer waiting = answer;
            if (waiting != null) {
                answer = null;
                observer.lookedUp(outcome, loop.nanos() - startedAt);
                try {
                    waiting.complete(outcome);
                } catch (RuntimeException unforeseen) {
                    // The other waiters of the same call, or batch, must not suffer from it.
                    LOG.error("An answer could not be delivered", unforeseen);
                }
            }
        }

        @Override
        public void fail(Throwable cause) {
            if (!(cause instanceof StoreFailure)) {
                LOG.error("A lookup failed unexpectedly", cause);
            }
            complete(new Unavailable(Reason.FAILED));
        }

        @Override
        protected boolean isSettled() {
            return answer == null;
        }

        @Override
        protected void expire() {
            complete(new Unavailable(Reason.TIMED_OUT));
        }
    }
}
