package dev.hotcold.hot;

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
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.protocol.RedisCommand;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;

/**
 * Redis as one event loop uses it.
 *
 * <p><b>Batching.</b> What arrives during one turn of the event loop is sent when the turn ends, in one write: the fills
 * as one script, the reads as one MGET, the requests for leases as one script. A lone read pays nothing for it; many
 * share the write, the system calls and Redis' own turn. Fills go first, so a read never overtakes a fill.
 *
 * <p><b>Bounds.</b> At most {@code maxBatchesInFlight} batches wait for replies. Reads that find no place wait, in
 * ever larger batches, up to the queue timeout. A batch without a reply within the read timeout fails its reads at
 * once; while such a reply is owed, Redis is taken to be stalled and further reads fail immediately, so a frozen Redis
 * delays one batch and not every lookup. The late reply, or the end of the connection, ends the stall; a stall that
 * lasts is ended by a new connection, as soon as one can be had.
 *
 * <p><b>Breaker.</b> When most batches of the last seconds failed or were slow, Redis is not asked any more but probed, until
 * it is well: {@link RedisBreaker}.
 *
 * <p><b>Resending.</b> A batch whose connection breaks is sent again on the next connection, as often as the settings
 * allow, while its deadline keeps running.
 *
 * <p><b>Near cache.</b> Users in demand are kept in memory, and Redis tells of changes: {@link NearCache}.
 *
 * <p>Confined to: its event loop, but for {@link #health}.
 */
public final class RedisHotStore implements HotStore {

    /** How often it is looked whether the connection has idled, or stalled since the last look; and what ailed is probed. */
    private static final Duration UPKEEP_TICK = Duration.ofSeconds(1);

    /** The part of a user's time that may pass before its end when it is read anew, as a mean: a twentieth at most. */
    private static final int EARLIEST_REFRESH = 20;

    private final Loop loop;
    private final LookupObserver observer;
    private final StoreHealth health;
    private final StoreHealth breakerHealth = new StoreHealth("Redis (breaker)");
    private final StoreHealth leaseHealth = new StoreHealth("Redis (leases)");
    private final StoreHealth fillHealth = new StoreHealth("Redis (fills)");
    private final RedisConnection connection;
    private final Lifetimes lifetimes;
    private final BooleanSupplier keepsNegativeEntries;
    private final Duration maxIdle;
    private final RedisBreaker breaker;
    private final ReadPipeline reads;
    private final MissRatio misses = new MissRatio();
    private final LeasePipeline leases;
    private final FillPipeline fills;
    private final NearCache near;
    private final HealthProbe probe;

    private List<RedisCommand<byte[], byte[], ?>> outgoing = new ArrayList<>();
    private boolean flushScheduled;
    private boolean closed;
    private boolean wasStalled;
    private long lastSentAt;

    /**
     * @param loops how many event loops share the bounds of the settings
     * @param budget the budget of a whole lookup: reads are given up early enough to leave half of it for the database;
     *     a lease lasts as long
     * @param changeFeedRuns whether changes of the database are followed at this moment
     */
    public RedisHotStore(
            RedisSettings settings,
            RedisResources resources,
            int loops,
            RequestBudget budget,
            BooleanSupplier changeFeedRuns,
            NettyLoop loop,
            LookupObserver observer) {
        this.loop = loop;
        this.observer = observer;
        this.health = new StoreHealth("Redis");
        this.connection = new RedisConnection(settings, resources, loop, health, new ConnectionEvents());
        this.lifetimes = new Lifetimes(settings, loop);
        this.keepsNegativeEntries = switch (settings.negative()) {
            case AUTO -> changeFeedRuns;
            case ON -> () -> true;
            case OFF -> () -> false;
        };
        this.maxIdle = settings.maxIdle();
        Duration replyTime = shorter(settings.readTimeout(), budget.hotReply());
        Duration queueTime = shorter(settings.queueTimeout(), budget.hotStore().minus(replyTime));
        Freshness freshness = new Freshness(
                loop,
                settings.earlyRefresh()
                        ? shorter(budget.total(), settings.timeToLive().dividedBy(EARLIEST_REFRESH))
                        : Duration.ZERO);
        this.breaker = new RedisBreaker(breakerHealth, observer, loop, replyTime, this::isReachable, this::sendAgain);
        this.reads = new ReadPipeline(
                observer,
                health,
                breaker,
                misses,
                loop,
                freshness,
                this::found,
                Math.max(1, settings.maxBatchesInFlight() / loops),
                settings.maxResends(),
                queueTime,
                replyTime,
                this::scheduleFlush);
        this.leases = new LeasePipeline(
                observer,
                leaseHealth,
                breaker,
                misses,
                loop,
                budget.lease(),
                freshness.horizon(),
                replyTime,
                this::scheduleFlush,
                this::sendAgain);
        this.fills = new FillPipeline(observer, fillHealth, loop, settings.writeTimeout(), this::sendAgain);
        this.near = new NearCache(
                settings.nearEntries(),
                connection::version,
                freshness,
                observer,
                loop,
                this::scheduleFlush,
                this::sendAgain,
                health::recovered);
        this.probe = new HealthProbe(
                health,
                leaseHealth,
                fillHealth,
                loop,
                budget.lease(),
                replyTime,
                settings.writeTimeout(),
                this::sendAgain);
        this.lastSentAt = loop.nanos();
        loop.after(UPKEEP_TICK, this::upkeep);
    }

    /**
     * Opens the connection now rather than with the first read.
     *
     * @return succeeds when the first attempt has ended, well or not
     */
    public Future<Void> open() {
        return connection.open();
    }

    /** How well Redis reads, as this loop sees it. Thread-safe. */
    public StoreHealth health() {
        return health;
    }

    /** Whether this loop asks Redis at all. Thread-safe. */
    public StoreHealth breakerHealth() {
        return breakerHealth;
    }

    /** How well Redis grants leases, as this loop sees it. Thread-safe. */
    public StoreHealth leaseHealth() {
        return leaseHealth;
    }

    /** How well Redis stores, as this loop sees it. Thread-safe. */
    public StoreHealth fillHealth() {
        return fillHealth;
    }

    /** Whether Redis tells this loop's near cache of changes. Thread-safe. */
    public StoreHealth nearHealth() {
        return near.health();
    }

    /** Closes the connection; reads under way fail. */
    public Future<Void> close() {
        closed = true;
        breaker.stop();
        near.stop();
        return connection.close();
    }

    @Override
    public void read(UserId id, Completion<HotRead> outcome) {
        if (!isUsable()) {
            connection.open();
            Failure why = whyUnusable();
            observer.hotReadsFailed(1, why);
            outcome.fail(new StoreFailure("Redis", why));
            return;
        }
        HotRead kept = near.read(id);
        if (kept != null) {
            misses.add(false);
            outcome.complete(kept);
            return;
        }
        scheduleFlush();
        reads.add(id, outcome);
    }

    private void found(UserId id, UserJson user) {
        near.saw(id, user);
    }

    @Override
    public Future<HotRead> readAsLastResort(UserId id) {
        if (!isReachable()) {
            return Future.failedFuture(new StoreFailure("Redis", whyUnusable()));
        }
        scheduleFlush();
        Promise<HotRead> read = Promise.promise();
        reads.add(id, new Completion<>() {
            @Override
            public void complete(HotRead outcome) {
                read.complete(outcome);
            }

            @Override
            public void fail(Throwable cause) {
                read.fail(cause);
            }
        });
        return read.future();
    }

    @Override
    public boolean expectsMisses() {
        return misses.areExpected();
    }

    @Override
    public Future<LeaseOutcome> lease(UserId id, long deadline) {
        return isUsable() ? leases.ask(id, deadline) : noLease();
    }

    @Override
    public Future<LeaseOutcome> leaseAhead(UserId id) {
        return isUsable() ? leases.renew(id) : noLease();
    }

    @Override
    public Future<LeaseOutcome> seizeLease(UserId id) {
        return isUsable() ? leases.seize(id) : noLease();
    }

    private Future<LeaseOutcome> noLease() {
        Failure why = whyUnusable();
        observer.leasesFailed(1, why);
        return Future.failedFuture(new StoreFailure("Redis", why));
    }

    @Override
    public void fill(UserId id, UserJson user, LeaseToken lease) {
        near.drop(id);
        if (canFill()) {
            Duration time = lifetimes.ofUser();
            fills.add(id, lease, lifetimes.value(user, time), lifetimes.ofKey(time));
        }
    }

    @Override
    public void invalidate(UserId id) {
        near.drop(id);
        if (isUsable()) {
            scheduleFlush();
            fills.addForgotten(id);
        }
    }

    @Override
    public void fillAbsent(UserId id, LeaseToken lease) {
        near.drop(id);
        if (!canFill()) {
            return;
        }
        fills.addAbsent(id, lease, keepsNegativeEntries.getAsBoolean() ? lifetimes.ofAbsence() : Duration.ZERO);
    }

    @Override
    public void release(UserId id, LeaseToken lease) {
        if (canFill()) {
            fills.addRelease(id, lease);
        }
    }

    private boolean canFill() {
        if (isUsable()) {
            scheduleFlush();
            return true;
        }
        observer.fillsFailed(1, whyUnusable());
        return false;
    }

    private boolean isUsable() {
        return breaker.isClosed() && isReachable();
    }

    /** Whether a reply is owed beyond its time. */
    private boolean isStalled() {
        return reads.isStalled() || breaker.isOwedReply();
    }

    private boolean isReachable() {
        return !reads.isStalled() && connection.isOpen();
    }

    private Failure whyUnusable() {
        if (!breaker.isClosed()) {
            return Failure.SKIPPED;
        }
        return reads.isStalled() ? Failure.TIMEOUT : Failure.DISCONNECTED;
    }

    /**
     * The task runs after the events of this turn have been handled: Netty runs tasks behind all that is ready, with io_uring
     * also behind what becomes ready meanwhile, which the reading of requests bounds.
     */
    private void scheduleFlush() {
        if (!flushScheduled) {
            flushScheduled = true;
            loop.atEndOfTurn(this::flush);
        }
    }

    private void flush() {
        flushScheduled = false;
        fills.sendInto(outgoing);
        if (connection.isOpen()) {
            reads.resendInto(outgoing);
        }
        reads.sendInto(outgoing);
        leases.sendInto(outgoing);
        near.sendInto(outgoing);
        if (!outgoing.isEmpty()) {
            List<RedisCommand<byte[], byte[], ?>> commands = outgoing;
            outgoing = new ArrayList<>();
            lastSentAt = loop.nanos();
            connection.send(commands);
        }
    }

    private void sendAgain(RedisCommand<byte[], byte[], ?> command) {
        outgoing.add(command);
        scheduleFlush();
    }

    private void upkeep() {
        if (closed) {
            return;
        }
        long now = loop.nanos();
        boolean stalled = isStalled();
        if (stalled && wasStalled) {
            connection.replace(this::isStalled);
        } else if (!maxIdle.isZero() && now - lastSentAt >= maxIdle.toNanos()) {
            lastSentAt = now;
            connection.replace(() -> lastSentAt == now);
        }
        wasStalled = stalled;
        if (isUsable()) {
            probe.probe();
        }
        loop.after(UPKEEP_TICK, this::upkeep);
    }

    private final class ConnectionEvents implements RedisConnection.Events {

        @Override
        public void opened() {
            near.opened();
            scheduleFlush();
        }

        @Override
        public void lost() {
            near.lost();
        }

        @Override
        public void pushed(PushMessage message) {
            near.pushed(message);
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }
}
