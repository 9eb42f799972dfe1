package dev.hotcold.hot.connection;

import dev.hotcold.loop.NettyLoop;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.event.connection.ReconnectFailedEvent;
import io.lettuce.core.protocol.ProtocolVersion;
import io.lettuce.core.protocol.RedisCommand;
import io.lettuce.core.resource.ClientResources;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

// Long: every way in which a connection comes and goes.
/**
 * A connection by Lettuce, pinned to the event loop. The first connect is repeated here until it succeeds; after that Lettuce
 * reconnects by itself.
 *
 * <p>Confined to: its event loop.
 */
public final class LettuceConnection implements RedisConnection {

    private static final Duration RETRY_FIRST_CONNECT = Duration.ofMillis(200);

    /** How often a server is asked for its role, beside what its errors say: nothing but hits would go on for ever. */
    private static final Duration ROLE_PERIOD = Duration.ofSeconds(1);

    /** A connection that is left sooner leads to the same server again, it seems. */
    private static final Duration BRIEF = Duration.ofSeconds(2);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);

    /** Four doublings: 1.6 s. */
    private static final int MOST_DOUBLINGS = 4;

    private enum Attempt {
        NONE,
        RUNNING,
        /** The last one has just failed, or its connection was left. */
        PAUSING
    }

    private final RedisEndpoint endpoint;
    private final Duration dialTimeout;
    private final NettyLoop loop;
    private final Events events;
    private final ClientResources resources;
    private final RedisClient client;
    private final Promise<Void> firstAttempt = Promise.promise();
    private @Nullable StatefulRedisConnection<byte[], byte[]> current;
    private Attempt attempt = Attempt.NONE;
    private @Nullable String refusal;
    private @Nullable SocketAddress openedTo;
    private long openedAt;
    /** How many connections in a row were left as soon as they were open. */
    private int brief;

    /** Whether the present connection is open, as far as has been told. */
    private boolean announced;

    private boolean closed;

    /**
     * @param dialTimeout the longest for one connection attempt, handshake included
     * @param nearEntries of the near cache that reads under tracking
     */
    public LettuceConnection(
            RedisEndpoint endpoint,
            Duration dialTimeout,
            int nearEntries,
            RedisResources shared,
            NettyLoop loop,
            Events events) {
        this.endpoint = endpoint;
        this.dialTimeout = dialTimeout;
        this.loop = loop;
        this.events = events;
        this.resources = shared.pinnedTo(loop.netty(), endpoint, nearEntries, new Guarded());
        this.client = LettuceClients.reconnecting(endpoint, dialTimeout, resources);
        loop.after(ROLE_PERIOD, this::askRole);
        var _ = resources
                .eventBus()
                .get()
                .ofType(ReconnectFailedEvent.class)
                .subscribe(failed -> loop.netty().execute(() -> notReopened(failed.getCause())));
    }

    @Override
    public Future<Void> open() {
        if (current == null && attempt == Attempt.NONE && !closed) {
            connect(() -> true);
        }
        return firstAttempt.future();
    }

    @Override
    public boolean isOpen() {
        return current != null && current.isOpen();
    }

    @Override
    public @Nullable SocketAddress server() {
        return openedTo;
    }

    @Override
    public String user() {
        return endpoint.user();
    }

    @Override
    public Optional<String> version() {
        return current instanceof StatefulRedisConnectionImpl<?, ?> connection
                        && connection.getConnectionState().getNegotiatedProtocolVersion() == ProtocolVersion.RESP3
                ? Optional.ofNullable(connection.getConnectionState().getRedisVersion())
                : Optional.empty();
    }

    @Override
    public void send(List<RedisCommand<byte[], byte[], ?>> commands) {
        assert loop.isCurrent();
        StatefulRedisConnection<byte[], byte[]> connection = current;
        if (connection == null) {
            throw new IllegalStateException("not open");
        }
        connection.dispatch(commands);
    }

    @Override
    public void replace(BooleanSupplier stillWanted) {
        if (current != null && attempt != Attempt.RUNNING && !closed) {
            connect(stillWanted);
        }
    }

    @Override
    public void leave(String why) {
        StatefulRedisConnection<byte[], byte[]> left = current;
        if (left == null || closed) {
            return;
        }
        current = null;
        RedisResources.shun(openedTo, resources);
        // Not in the midst of the replies that it is decoding.
        loop.atEndOfTurn(() -> {
            var _ = left.closeAsync();
        });
        boolean lasted = loop.nanos() - openedAt >= BRIEF.toNanos();
        brief = lasted ? 0 : brief + 1;
        events.refused("the connection to " + endpoint + " was ended, because Redis " + why);
        if (attempt == Attempt.NONE) {
            openAfter(brief == 0 ? Duration.ZERO : FIRST_PAUSE.multipliedBy(1L << Math.min(brief - 1, MOST_DOUBLINGS)));
        }
    }

    @Override
    public Future<Void> close() {
        closed = true;
        return Future.fromCompletionStage(client.shutdownAsync(0, 1, TimeUnit.SECONDS))
                .eventually(() -> Future.fromCompletionStage(toStage(resources.shutdown(0, 1, TimeUnit.SECONDS))))
                .mapEmpty();
    }

    private void connect(BooleanSupplier stillWanted) {
        attempt = Attempt.RUNNING;
        var _ = client.connectAsync(ByteArrayCodec.INSTANCE, LettuceClients.uri(endpoint, dialTimeout))
                .whenCompleteAsync(
                        (connection, failure) -> {
                            attempt = Attempt.NONE;
                            if (connection != null) {
                                opened(connection, stillWanted);
                            } else {
                                notOpened(LettuceClients.reason(failure, endpoint));
                            }
                            firstAttempt.tryComplete();
                        },
                        loop.netty());
    }

    private void opened(StatefulRedisConnection<byte[], byte[]> connection, BooleanSupplier stillWanted) {
        StatefulRedisConnection<byte[], byte[]> previous = current;
        Optional<String> flaw = ServerRole.flaw(connection);
        if (closed || flaw.isPresent() || (isOpen() && !stillWanted.getAsBoolean())) {
            var _ = connection.closeAsync();
            flaw.ifPresent(why -> {
                RedisResources.shun(openedTo, resources);
                notOpened("Redis " + why);
            });
            return;
        }
        current = connection;
        openedAt = loop.nanos();
        connection.addListener(new Reconnects());
        connection.addListener((PushMessage message) -> {
            if (connection == current && !closed) {
                events.pushed(message);
            }
        });
        if (previous != null) {
            events.replaced();
            var _ = previous.closeAsync();
        }
        announceOpen();
    }

    private final class Guarded implements ReplyGuard.Listener {

        @Override
        public void refused(String why) {
            refusal = why;
        }

        @Override
        public void opened(SocketAddress server) {
            openedTo = server;
        }
    }

    private void announceOpen() {
        if (isOpen()) {
            announced = true;
            events.opened();
        }
    }

    private void notOpened(String why) {
        if (current == null && !closed) {
            events.openFailed("cannot connect to " + endpoint + ": " + why);
            openAfter(RETRY_FIRST_CONNECT);
        }
    }

    /** By Lettuce itself, which tries again. */
    private void notReopened(Throwable failure) {
        if (current != null && !isOpen() && !closed) {
            events.openFailed("cannot connect to " + endpoint + ": " + LettuceClients.reason(failure, endpoint));
        }
    }

    private void openAfter(Duration pause) {
        attempt = Attempt.PAUSING;
        loop.after(pause, () -> {
            attempt = Attempt.NONE;
            open();
        });
    }

    private void askRole() {
        if (closed) {
            return;
        }
        StatefulRedisConnection<byte[], byte[]> asked = current;
        if (asked == null || !asked.isOpen()) {
            loop.after(ROLE_PERIOD, this::askRole);
            return;
        }
        var _ = asked.async().role().whenComplete((reply, failure) -> {
            // Who may not ask, or asks a proxy, relies on what errors say.
            if (failure == null && asked == current) {
                ServerRole.flaw(reply).ifPresent(this::leave);
            }
            loop.after(ROLE_PERIOD, this::askRole);
        });
    }

    /** Hears of Lettuce's own reconnects, in the middle of Lettuce's work: what follows is left to a task of its own. */
    private final class Reconnects implements RedisConnectionStateListener {

        @Override
        public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
            // What an attempt before this one was refused for is over.
            refusal = null;
            loop.atEndOfTurn(() -> reopened(connection));
        }

        @Override
        public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
            loop.atEndOfTurn(() -> {
                String why = refusal;
                refusal = null;
                if (connection != current || closed) {
                    return;
                }
                if (why == null && !announced) {
                    // Of an attempt that failed: why is told by what the attempt comes to.
                    return;
                }
                announced = false;
                if (why == null) {
                    events.broken("the connection to " + endpoint + " broke; reconnecting");
                } else {
                    events.refused("the connection to " + endpoint + " was ended, because Redis " + why);
                }
            });
        }
    }

    /** By Lettuce itself. */
    private void reopened(RedisChannelHandler<?, ?> connection) {
        StatefulRedisConnection<byte[], byte[]> again = current;
        if (again == null || again != connection || closed) {
            return;
        }
        openedAt = loop.nanos();
        Optional<String> flaw = ServerRole.flaw(again);
        if (flaw.isPresent()) {
            leave(flaw.get());
        } else {
            announceOpen();
        }
    }

    private static CompletionStage<Boolean> toStage(io.netty.util.concurrent.Future<Boolean> future) {
        CompletableFuture<Boolean> stage = new CompletableFuture<>();
        var _ = future.addListener(done -> stage.complete(true));
        return stage;
    }
}
