package dev.hotcold.hot.connection;

import dev.hotcold.loop.NettyLoop;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.codec.ByteArrayCodec;
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

/**
 * A connection by Lettuce, pinned to the event loop. The first connect is repeated here until it succeeds; after that Lettuce
 * reconnects by itself.
 *
 * <p>Confined to: its event loop.
 */
public final class LettuceConnection implements RedisConnection {

    private static final Duration RETRY_FIRST_CONNECT = Duration.ofMillis(200);

    private enum Attempt {
        NONE,
        RUNNING,
        /** The last one has just failed. */
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
        this.resources = shared.pinnedTo(loop.netty(), nearEntries, why -> refusal = why);
        this.client = LettuceClients.reconnecting(endpoint, dialTimeout, resources);
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
                                failed(failure);
                            }
                            firstAttempt.tryComplete();
                        },
                        loop.netty());
    }

    private void opened(StatefulRedisConnection<byte[], byte[]> connection, BooleanSupplier stillWanted) {
        StatefulRedisConnection<byte[], byte[]> previous = current;
        if (closed || (isOpen() && !stillWanted.getAsBoolean())) {
            var _ = connection.closeAsync();
            return;
        }
        current = connection;
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

    private void announceOpen() {
        if (isOpen()) {
            events.opened();
        }
    }

    private void failed(@Nullable Throwable failure) {
        if (current == null && !closed) {
            events.openFailed("cannot connect to " + endpoint + ": " + LettuceClients.reason(failure, endpoint));
            attempt = Attempt.PAUSING;
            loop.after(RETRY_FIRST_CONNECT, () -> {
                attempt = Attempt.NONE;
                open();
            });
        }
    }

    /** Hears of Lettuce's own reconnects, in the middle of Lettuce's work: what follows is left to a task of its own. */
    private final class Reconnects implements RedisConnectionStateListener {

        @Override
        public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
            // What an attempt before this one was refused for is over.
            refusal = null;
            loop.atEndOfTurn(() -> {
                if (connection == current && !closed) {
                    announceOpen();
                }
            });
        }

        @Override
        public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
            loop.atEndOfTurn(() -> {
                String why = refusal;
                refusal = null;
                if (connection != current || closed) {
                    return;
                }
                if (why == null) {
                    events.broken("the connection to " + endpoint + " broke; reconnecting");
                } else {
                    events.refused("the connection to " + endpoint + " was ended, because Redis " + why);
                }
            });
        }
    }

    private static CompletionStage<Boolean> toStage(io.netty.util.concurrent.Future<Boolean> future) {
        CompletableFuture<Boolean> stage = new CompletableFuture<>();
        var _ = future.addListener(done -> stage.complete(true));
        return stage;
    }
}
