package dev.hotcold.lookup;

import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Stale;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.user.UserId;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Function;
import java.util.function.LongSupplier;

/**
 * Users that are being read anew: those beyond their time, whose callers wait a little and then get the stale user
 * (RFC 5861, stale-if-error), and those whose time ends soon, for whom nobody waits. At most one of each kind at a time for
 * a user of an event loop; the lease sees to it that among all loops and instances one asks the cold store.
 *
 * <p>Confined to: its event loop.
 */
final class Refreshes {

    private final Function<UserId, Future<LookupResult>> refresh;
    private final Function<UserId, Future<?>> refreshEarly;
    private final DeadlineQueue<Patience> patience;
    private final Set<UserId> refreshing = new HashSet<>();
    private final Set<UserId> refreshingEarly = new HashSet<>();

    /**
     * @param softTimeout how long a caller waits before it gets the stale user
     * @param refresh reads a user anew that is beyond its time
     * @param refreshEarly reads a user anew whose time ends soon
     */
    Refreshes(
            LoopTimer timer,
            LongSupplier nanoClock,
            Duration softTimeout,
            Function<UserId, Future<LookupResult>> refresh,
            Function<UserId, Future<?>> refreshEarly) {
        this.patience = new DeadlineQueue<>(timer, nanoClock, softTimeout);
        this.refresh = refresh;
        this.refreshEarly = refreshEarly;
    }

    /**
     * Reads a user anew, and goes on with it behind the answer. While that takes longer than the soft timeout, callers that
     * come get the stale user at once.
     *
     * @return what is found; the stale user when that fails or takes too long. Never fails
     */
    Future<LookupResult> refreshOrServe(UserId id, HotRead.Stale stale) {
        Stale instead = new Stale(stale.user(), stale.since());
        if (!refreshing.add(id)) {
            return Future.succeededFuture(instead);
        }
        Patience caller = new Patience(instead);
        refresh.apply(id).onComplete(ended -> refreshing.remove(id)).onComplete(caller::refreshed);
        if (!caller.isSettled()) {
            patience.add(caller);
        }
        return caller.answer.future();
    }

    /** Reads a user anew behind the scenes. */
    void refreshEarly(UserId id) {
        if (refreshingEarly.add(id)) {
            var _ = refreshEarly.apply(id).onComplete(ended -> refreshingEarly.remove(id));
        }
    }

    /** A caller that waits for what is read anew. */
    private static final class Patience extends DeadlineQueue.Entry {

        private final Promise<LookupResult> answer = Promise.promise();
        private final Stale instead;

        private Patience(Stale instead) {
            this.instead = instead;
        }

        private void refreshed(AsyncResult<LookupResult> outcome) {
            answer.tryComplete(outcome.succeeded() ? better(outcome.result()) : instead);
        }

        private LookupResult better(LookupResult found) {
            return switch (found) {
                case Found user when user.layer() == Layer.COLD -> new Found(user.user(), Layer.REFRESHED);
                case Found user -> user;
                case NotFound absent -> absent;
                case Stale ignored -> instead;
                case Unavailable ignored -> instead;
            };
        }

        @Override
        protected boolean isSettled() {
            return answer.future().isComplete();
        }

        @Override
        protected void expire() {
            answer.tryComplete(instead);
        }
    }
}
