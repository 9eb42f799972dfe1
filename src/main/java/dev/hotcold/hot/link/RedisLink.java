package dev.hotcold.hot.link;

import dev.hotcold.hot.connection.RedisConnection;
import dev.hotcold.hot.connection.RedisLocation;
import dev.hotcold.hot.connection.RedisProblems;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.hot.link.RedisHealth.Aspect;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.loop.Loop;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.protocol.RedisCommand;
import io.vertx.core.Future;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

// Long: all that goes over one connection, and what holds it back, in one place.
/**
 * One Redis node as one event loop sees it: its connection, the queue of requests that is sent when the turn ends, the replies
 * that are owed, the circuit breaker, the prober and the health. Everything that talks to the node from this loop goes
 * through here as a {@link RedisRequest}.
 *
 * <p><b>One write a turn.</b> What is enqueued during a turn of the event loop, and what the sources form at its end, leaves
 * in one write. A single request pays nothing for it; under load many share the system call and Redis' own turn.
 *
 * <p><b>Stall.</b> Replies come in order, so a read whose reply is overdue holds up all behind it: while one is owed, further
 * requests fail at once, and a frozen Redis delays one batch instead of every lookup. The late reply, or the end of the
 * connection, ends the stall; one that lasts is ended by a new connection, as soon as one can be had.
 *
 * <p>Confined to: its event loop, but for {@link #health}.
 */
public final class RedisLink {

    /** How often the connection is checked for idling and stalls, and a degraded Redis is probed. */
    private static final Duration UPKEEP_TICK = Duration.ofSeconds(1);

    /** Hears of the connection. */
    public interface Listener {

        /** Commands can be sent, maybe to another Redis than before: nothing known of the previous one holds. */
        void opened();

        /** No reply to what was sent before comes any more. */
        void lost();

        /** Redis sent a push message, between two replies. */
        void pushed(PushMessage message);
    }

    private final UserKeys keys;
    private final Loop loop;
    private final Duration maxIdle;
    private final Duration replyTime;
    private final RedisHealth health = new RedisHealth();
    private final RedisConnection connection;
    private final RedisProblems problems;
    private final LoopLag lag;
    private final CircuitBreaker breaker;
    private final RedisProber prober;
    private final InFlightRequests inFlight;
    private final List<RequestSource> sources = new ArrayList<>();
    private final List<Listener> listeners = new ArrayList<>();

    private List<RedisRequest<?>> queue = new ArrayList<>();
    private boolean flushScheduled;
    private boolean closed;
    private boolean wasStalled;
    private boolean mustProveItself;
    private long lastSentAt;

    /** Where the connection is to lead; empty = where it does. */
    private Set<SocketAddress> primary = Set.of();

    private long primaryNamedAt;

    /** Why lookups are to leave an open connection alone; null = they are not. */
    private @Nullable Failure withheld;

    private BooleanSupplier trust = () -> true;

    /**
     * @param keys that the node holds users under
     * @param connections makes the connection
     */
    public RedisLink(
            LinkSettings settings,
            UserKeys keys,
            RequestBudget budget,
            Loop loop,
            LookupObserver observer,
            RedisConnection.Factory connections) {
        this.keys = keys;
        this.loop = loop;
        this.maxIdle = settings.maxIdle();
        this.connection = connections.create(new ConnectionEvents());
        this.problems = new RedisProblems(connection.user(), keys);
        this.replyTime = shorter(settings.readTimeout(), budget.hotReply());
        this.lag = new LoopLag(loop);
        this.prober = new RedisProber(this, loop, budget.lease(), replyTime, settings.writeTimeout());
        this.breaker =
                new CircuitBreaker(loop, lag, health.of(Aspect.BREAKER), observer, replyTime, prober::probeUntilClosed);
        this.inFlight = new InFlightRequests(this, settings, replyTime, loop, breaker);
        this.lastSentAt = loop.nanos();
        loop.after(UPKEEP_TICK, this::upkeep);
    }

    /** The keys that the node holds users under. */
    public UserKeys keys() {
        return keys;
    }

    /** How long a read may wait for its reply: by the settings, and no longer than its part of the budget. */
    public Duration replyTime() {
        return replyTime;
    }

    /** Adds a source of requests, polled at the end of each turn behind those added before. */
    public void addSource(RequestSource source) {
        sources.add(source);
    }

    public void addListener(Listener listener) {
        listeners.add(listener);
    }

    /**
     * Opens the connection now rather than with the first request.
     *
     * @return succeeds when the first attempt has ended, whatever its outcome
     */
    public Future<Void> open() {
        return connection.open();
    }

    /** Closes the connection; requests in flight fail. */
    public Future<Void> close() {
        closed = true;
        lag.stop();
        return connection.close();
    }

    /** What works and what does not, as this loop sees it. Thread-safe. */
    public RedisHealth health() {
        return health;
    }

    /** What errors that Redis replies with mean. */
    RedisProblems problems() {
        return problems;
    }

    /** The version that Redis gave when the connection was made; empty: it speaks no RESP3, or there is no connection. */
    public Optional<String> version() {
        return connection.version();
    }

    /** Whether lookups are to use this node: the breaker is closed and requests can be sent. */
    public boolean isUsable() {
        return breaker.isClosed() && isReachable();
    }

    /** Whether requests can be sent and no reply is overdue. */
    public boolean isReachable() {
        return withheld == null && !inFlight.areReadsOverdue() && connection.isOpen();
    }

    /** Whether requests can be sent, although lookups may not be meant to. */
    public boolean isConnected() {
        return connection.isOpen();
    }

    /** Lookups are to leave the node alone until {@link #admit}. */
    public void withhold(Failure why) {
        withheld = why;
    }

    /** Lookups may use the node. */
    public void admit() {
        withheld = null;
        flushAtEndOfTurn();
    }

    /**
     * From now on replies count by this rule.
     *
     * @param rule whether a reply about users, or a lease, counts that comes now
     */
    public void admitBy(BooleanSupplier rule) {
        trust = rule;
    }

    /** Whether a reply about users, or a lease, counts that comes now. */
    boolean isTrusted() {
        return trust.getAsBoolean();
    }

    /** Why the node is not usable. */
    public Failure whyUnusable() {
        if (!breaker.isClosed()) {
            return Failure.SKIPPED;
        }
        if (inFlight.areReadsOverdue()) {
            return Failure.TIMEOUT;
        }
        return withheld != null && connection.isOpen() ? withheld : Failure.DISCONNECTED;
    }

    /** Sends a request when this turn ends, behind those enqueued before. */
    public void enqueue(RedisRequest<?> request) {
        assert loop.isCurrent();
        queue.add(request);
        flushAtEndOfTurn();
    }

    /** Has the sources polled when this turn ends. */
    public void flushAtEndOfTurn() {
        if (!flushScheduled) {
            flushScheduled = true;
            loop.atEndOfTurn(this::flush);
        }
    }

    /** Whether a probe can be sent, and no reply to an earlier one is owed. */
    boolean canProbe() {
        return !isStalled() && connection.isOpen();
    }

    boolean isBreakerClosed() {
        return breaker.isClosed();
    }

    boolean isClosed() {
        return closed;
    }

    /** Sends again what was lost with a connection, if another is open by now. */
    public void enqueueLost() {
        if (withheld == null && connection.isOpen()) {
            queue.addAll(inFlight.takeLost());
        }
    }

    /** Opens a new connection, for the address may lead elsewhere by now, and closes the present one if that is still wanted then. */
    public void lookUpAnew(BooleanSupplier stillWanted) {
        connection.replace(stillWanted);
    }

    /** The server is not the one to ask: what is in flight there is lost, and another connection is made. */
    void leave(String why) {
        connection.leave(why);
    }

    /**
     * The server that is to be used. A connection that leads to another one is replaced, again and again until it leads there: not all
     * who are asked for it know at once.
     *
     * @param addresses of the server
     */
    public void primaryIs(Set<SocketAddress> addresses) {
        primary = addresses;
        primaryNamedAt = loop.nanos();
        followPrimary();
    }

    private void followPrimary() {
        if (primary.isEmpty()) {
            return;
        }
        SocketAddress server = connection.server();
        if ((server != null && primary.contains(server))
                || loop.nanos() - primaryNamedAt > RedisLocation.Sentinels.ALL_KNOW.toNanos()) {
            primary = Set.of();
        } else {
            connection.replace(() -> true);
        }
    }

    private boolean isStalled() {
        return inFlight.areOverdue();
    }

    private void flush() {
        try {
            sources.forEach(RequestSource::enqueueDue);
        } finally {
            // Not before: what sources enqueue leaves with this turn.
            flushScheduled = false;
            // Also when a source is at fault: what the others have enqueued must not wait for a later turn.
            sendQueue();
        }
    }

    private void sendQueue() {
        if (queue.isEmpty()) {
            return;
        }
        List<RedisRequest<?>> requests = queue;
        queue = new ArrayList<>();
        boolean isUse = false;
        List<RedisCommand<byte[], byte[], ?>> commands = new ArrayList<>(requests.size());
        for (RedisRequest<?> request : requests) {
            isUse |= request.isUse();
            RedisCommand<byte[], byte[], ?> command = inFlight.send(request);
            if (command != null) {
                commands.add(command);
            }
        }
        if (isUse) {
            lastSentAt = loop.nanos();
        }
        try {
            connection.send(commands);
        } catch (RuntimeException unsent) {
            // Nobody would hear of those without a deadline, and nothing be sent in place of the others until theirs.
            commands.forEach(command -> command.completeExceptionally(unsent));
        }
    }

    /** A probe of reads ended; returns whether the next one may follow at once. */
    boolean probed(RedisRequest<?> probe, boolean isFailure) {
        return breaker.probed(probe.firstSending(), isFailure);
    }

    private void upkeep() {
        if (closed) {
            return;
        }
        long now = loop.nanos();
        if (isStalled() && wasStalled) {
            connection.replace(this::isStalled);
        } else if (!maxIdle.isZero() && now - lastSentAt >= maxIdle.toNanos()) {
            lastSentAt = now;
            connection.replace(() -> lastSentAt == now);
        }
        wasStalled = isStalled();
        followPrimary();
        if (isUsable()) {
            prober.probeIfDegraded();
        }
        loop.after(UPKEEP_TICK, this::upkeep);
    }

    private final class ConnectionEvents implements RedisConnection.Events {

        @Override
        public void opened() {
            if (!mustProveItself) {
                health.of(Aspect.READS).recovered();
            }
            mustProveItself = false;
            listeners.forEach(Listener::opened);
            flushAtEndOfTurn();
        }

        @Override
        public void openFailed(String why) {
            health.of(Aspect.READS).degraded(why);
        }

        @Override
        public void broken(String why) {
            health.of(Aspect.READS).degraded(why);
            listeners.forEach(Listener::lost);
        }

        /** A reply to a read shows that it is well, and no mere connection. */
        @Override
        public void refused(String why) {
            mustProveItself = true;
            broken(why);
        }

        @Override
        public void replaced() {
            listeners.forEach(Listener::lost);
        }

        @Override
        public void pushed(PushMessage message) {
            listeners.forEach(listener -> listener.pushed(message));
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }
}
