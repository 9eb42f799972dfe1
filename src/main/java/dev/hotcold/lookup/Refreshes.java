package dev.hotcold.lookup;

import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserId;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;

/**
 * Users that are being refreshed: those beyond their soft TTL, whose callers wait a little and then get the stale user
 * (RFC 5861, stale-if-error), and those close to it, for whom nobody waits (refresh ahead). At most one refresh of each kind
 * at a time for a user of an event loop; the lease lets one of all loops and instances read the cold store.
 *
 * <p>Confined to: its event loop.
 */
final class Refreshes {

    private final Function<UserId, Future<LookupResult>> refresh;
    private final Function<UserId, Future<?>> refreshAhead;
    private final DeadlineQueue<Caller> patience;
    private final Set<UserId> refreshing = new HashSet<>();
    private final Set<UserId> refreshingAhead = new HashSet<>();

    /** The last refresh that ended, or that its caller did not wait for to the end, was in vain. */
    private boolean inVain;

    /**
     * @param staleAfter how long a caller waits before it gets the stale user
     * @param refresh refreshes a user that is past its soft TTL
     * @param refreshAhead refreshes a user that is close to its soft TTL
     */
    Refreshes(
            Loop loop,
            Duration staleAfter,
            Function<UserId, Future<LookupResult>> refresh,
            Function<UserId, Future<?>> refreshAhead) {
        this.patience = new DeadlineQueue<>(loop, staleAfter);
        this.refresh = refresh;
        this.refreshAhead = refreshAhead;
    }

    /**
     * Refreshes a user; the refresh goes on when its caller has been answered. While it takes longer than a caller waits,
     * further callers get the stale user at once. Where users are only unproven, so do those of other users too, until a refresh
     * succeeds: the users of a whole cache become unproven at one moment.
     *
     * @return what is found; the stale user when that fails or takes too long. Never fails
     */
    Future<LookupResult> refreshOrServe(UserId id, StaleUser stale) {
        if (!refreshing.add(id)) {
            return Future.succeededFuture(stale);
        }
        Caller caller = new Caller(stale);
        boolean waits = !(stale.isUnproven() && inVain);
        refresh.apply(id).onComplete(ended -> refreshing.remove(id)).onComplete(caller::refreshed);
        if (!caller.isSettled()) {
            if (waits) {
                patience.add(caller);
            } else {
                caller.expire();
            }
        }
        return caller.answer.future();
    }

    /**
     * For a caller who demands more than others.
     *
     * @param read of the cold store
     * @return what it finds; the stale user when it fails or takes longer than a caller waits. Never fails
     */
    Future<LookupResult> readOrServe(Future<LookupResult> read, StaleUser stale) {
        Caller caller = new Caller(stale);
        read.onComplete(caller::refreshed);
        if (!caller.isSettled()) {
            patience.add(caller);
        }
        return caller.answer.future();
    }

    /** Refreshes a user behind the scenes. */
    void refreshAhead(UserId id) {
        if (refreshingAhead.add(id)) {
            var _ = refreshAhead.apply(id).onComplete(ended -> refreshingAhead.remove(id));
        }
    }

    /** Waits for a refresh. */
    private final class Caller extends DeadlineQueue.Entry {

        private final Promise<LookupResult> answer = Promise.promise();
        private final StaleUser stale;

        private Caller(StaleUser stale) {
            this.stale = stale;
        }

        private void refreshed(AsyncResult<LookupResult> outcome) {
            LookupResult found = outcome.succeeded() ? better(outcome.result()) : stale;
            inVain = found == stale;
            answer.tryComplete(found);
        }

        private LookupResult better(LookupResult found) {
            return switch (found) {
                case Found user when user.layer() == Layer.COLD -> new Found(user.user(), Layer.REFRESHED);
                case Found user -> user;
                case NotFound absent -> absent;
                case StaleUser ignored -> stale;
                case Unavailable ignored -> stale;
            };
        }

        @Override
        protected boolean isSettled() {
            return answer.future().isComplete();
        }

        @Override
        protected void expire() {
            inVain = true;
            answer.tryComplete(stale);
        }
    }
}
