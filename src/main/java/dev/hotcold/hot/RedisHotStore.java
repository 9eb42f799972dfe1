package dev.hotcold.hot;

import dev.hotcold.freshness.FeedState;
import dev.hotcold.freshness.FreshnessProof;
import dev.hotcold.freshness.KnownDeployment;
import dev.hotcold.hot.connection.LettuceConnection;
import dev.hotcold.hot.connection.RedisConnection;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.hot.deployment.DeploymentCheck;
import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.hot.layout.CachedUserCodec;
import dev.hotcold.hot.layout.Lifetimes;
import dev.hotcold.hot.link.RedisHealth;
import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.HotStore;
import dev.hotcold.lookup.LeaseOutcome;
import dev.hotcold.lookup.LeaseToken;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.loop.Completion;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.NettyLoop;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Set;
import java.util.function.BooleanSupplier;

/**
 * Redis as one event loop uses it: hands each user's reads, leases and fills to the node that holds the user. There is one
 * node; this is the place that would choose among many.
 *
 * <p>Confined to: its event loop, but for {@link #health} and {@link #proof}.
 */
public final class RedisHotStore implements HotStore {

    private final RedisNode node;
    private final Lifetimes lifetimes;
    private final BooleanSupplier notesAbsence;
    private final BooleanSupplier isFollowed;
    private final LookupObserver observer;

    /**
     * @param loops how many event loops share the bounds of the settings
     * @param feed whether changes of the database reach Redis
     */
    public RedisHotStore(
            RedisSettings settings,
            RedisResources resources,
            int loops,
            RequestBudget budget,
            FeedState feed,
            NettyLoop loop,
            LookupObserver observer) {
        this(
                settings,
                events -> new LettuceConnection(
                        settings.endpoint(), settings.dialTimeout(), settings.nearEntries(), resources, loop, events),
                loops,
                budget,
                feed,
                loop,
                observer);
    }

    /** @param connections makes the connection to the node */
    RedisHotStore(
            RedisSettings settings,
            RedisConnection.Factory connections,
            int loops,
            RequestBudget budget,
            FeedState feed,
            Loop loop,
            LookupObserver observer) {
        this.node = new RedisNode(settings, connections, loops, budget, feed, loop, observer);
        this.lifetimes = new Lifetimes(settings.cache(), loop);
        this.notesAbsence = switch (settings.cache().negative()) {
            case AUTO -> feed::isRunning;
            case ON -> () -> true;
            case OFF -> () -> false;
        };
        this.isFollowed = feed::isExpected;
        this.observer = observer;
    }

    /**
     * From now on Redis is used only if its cache is this deployment's. To be called before it is opened.
     *
     * @param own what the loop looks users up in
     * @param takeover clears what another deployment has left
     */
    public void belongTo(KnownDeployment own, DeploymentCheck.Takeover takeover) {
        node.check(own, takeover);
    }

    /** Succeeds when it is known, of the present connection, whether its cache is this deployment's; at once when there is none. */
    public Future<Void> whenChecked() {
        return node.whenChecked();
    }

    /**
     * Opens the connection now rather than with the first read.
     *
     * @return succeeds when the first attempt has ended, whatever its outcome
     */
    public Future<Void> open() {
        return node.link().open();
    }

    /** The Redis that is to be used by now, by its addresses. */
    public void primaryIs(Set<SocketAddress> addresses) {
        node.link().primaryIs(addresses);
    }

    /** What works and what does not, as this loop sees it. Thread-safe. */
    public RedisHealth health() {
        return node.link().health();
    }

    /** What this loop can prove of what it reads. Thread-safe. */
    public FreshnessProof proof() {
        return node.beats();
    }

    /** Closes the connection; reads in flight fail. */
    public Future<Void> close() {
        return node.close();
    }

    private RedisNode nodeOf(UserId ignored) {
        return node;
    }

    @Override
    public void read(UserId id, Completion<HotRead> outcome) {
        RedisNode at = nodeOf(id);
        if (!at.link().isUsable()) {
            at.link().open();
            Failure why = at.link().whyUnusable();
            observer.hotReadsFailed(1, why);
            outcome.fail(new StoreFailure("Redis", why));
            return;
        }
        HotRead kept = at.near().read(id);
        if (kept != null) {
            at.misses().add(false);
            outcome.complete(kept);
            return;
        }
        at.reads().read(id, outcome);
    }

    @Override
    public Future<HotRead> readAsLastResort(UserId id) {
        RedisNode at = nodeOf(id);
        if (!at.link().isReachable()) {
            return Future.failedFuture(new StoreFailure("Redis", at.link().whyUnusable()));
        }
        Promise<HotRead> read = Promise.promise();
        at.reads().read(id, Completion.of(read));
        return read.future();
    }

    @Override
    public boolean expectsMisses() {
        return node.misses().areExpected();
    }

    @Override
    public boolean isProvenWithin(Duration most) {
        return node.beats().isProvenWithin(most);
    }

    @Override
    public boolean isFollowed() {
        return isFollowed.getAsBoolean();
    }

    @Override
    public Future<LeaseOutcome> lease(UserId id, long deadline) {
        RedisNode at = nodeOf(id);
        return at.link().isUsable() ? at.leases().ask(id, deadline) : noLease(at);
    }

    @Override
    public Future<LeaseOutcome> leaseAhead(UserId id) {
        RedisNode at = nodeOf(id);
        return at.link().isUsable() ? at.leases().askAhead(id) : noLease(at);
    }

    @Override
    public Future<LeaseOutcome> seizeLease(UserId id) {
        RedisNode at = nodeOf(id);
        return at.link().isUsable() ? at.leases().seize(id) : noLease(at);
    }

    private Future<LeaseOutcome> noLease(RedisNode at) {
        Failure why = at.link().whyUnusable();
        observer.leasesFailed(1, why);
        return Future.failedFuture(new StoreFailure("Redis", why));
    }

    @Override
    public void fill(UserId id, UserJson user, LeaseToken lease) {
        RedisNode at = nodeOf(id);
        at.near().invalidate(id);
        if (canFill(at)) {
            at.reads().sizes().add(1, user.length());
            at.fills().fill(id, lease, lifetimes.toStore(user));
        }
    }

    /** As {@link #fill}, but it is gone after a moment: for a user that there is not. */
    public void fillForAMoment(UserId id, UserJson user, LeaseToken lease) {
        RedisNode at = nodeOf(id);
        if (canFill(at)) {
            byte[] value = CachedUserCodec.write(new CachedUser(user, CachedUser.NO_EXPIRY));
            at.fills().fill(id, lease, new Lifetimes.Stored(value, 1));
        }
    }

    /** Forgets how many reads have missed. */
    public void forgetTrials() {
        node.misses().reset();
    }

    @Override
    public void fillAbsent(UserId id, LeaseToken lease) {
        RedisNode at = nodeOf(id);
        at.near().invalidate(id);
        if (canFill(at)) {
            Duration life = notesAbsence.getAsBoolean() ? lifetimes.ofAbsence() : Duration.ZERO;
            at.fills().fillAbsent(id, lease, life);
        }
    }

    @Override
    public void invalidate(UserId id) {
        RedisNode at = nodeOf(id);
        at.near().invalidate(id);
        if (at.link().isUsable()) {
            at.fills().invalidate(id);
        }
    }

    @Override
    public void release(UserId id, LeaseToken lease) {
        RedisNode at = nodeOf(id);
        if (canFill(at)) {
            at.fills().release(id, lease);
        }
    }

    private boolean canFill(RedisNode at) {
        if (at.link().isUsable()) {
            return true;
        }
        observer.fillsFailed(1, at.link().whyUnusable());
        return false;
    }
}
