package dev.hotcold.hot;

import dev.hotcold.loop.NettyLoop;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.tls.CertificateProblem;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateListener;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.SslOptions;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.TimeoutOptions;
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
 * The one Redis connection of an event loop. Opens it, trying again until it succeeds; Lettuce re-opens it when it
 * breaks; {@link #replace} changes it for a new one.
 *
 * <p>Confined to: its event loop.
 */
final class RedisConnection {

    /** What happens to the connection; called on the loop. */
    interface Events {

        /** Commands can be sent again, maybe to another Redis: nothing that was said before holds. */
        void opened();

        /** The connection broke or gives way to a new one; replies to what was sent on it come no more. */
        void lost();

        /** Redis said something unasked, between two replies. */
        void pushed(PushMessage message);
    }

    private static final Duration RETRY_FIRST_CONNECT = Duration.ofMillis(200);
    private static final Duration KEEPALIVE_IDLE = Duration.ofSeconds(5);
    private static final Duration KEEPALIVE_INTERVAL = Duration.ofSeconds(1);
    private static final Duration UNACKNOWLEDGED = Duration.ofSeconds(5);

    private final RedisSettings settings;
    private final NettyLoop loop;
    private final StoreHealth health;
    private final Events events;
    private final ClientResources resources;
    private final RedisClient client;
    private @Nullable StatefulRedisConnection<byte[], byte[]> current;
    private final Promise<Void> firstAttempt = Promise.promise();
    private boolean opening;
    private boolean pausing;
    private boolean closed;

    RedisConnection(RedisSettings settings, RedisResources shared, NettyLoop loop, StoreHealth health, Events events) {
        this.settings = settings;
        this.loop = loop;
        this.health = health;
        this.events = events;
        this.resources = shared.pinnedTo(loop.netty());
        this.client = RedisClient.create(resources, uri(settings));
        this.client.setOptions(options(settings));
    }

    /**
     * Opens the connection in the background, unless it is open or opening already or an attempt failed a moment ago.
     *
     * @return succeeds when the first attempt has ended, well or not
     */
    Future<Void> open() {
        if (current == null && !opening && !pausing && !closed) {
            connect(() -> true);
        }
        return firstAttempt.future();
    }

    /** Whether commands can be sent. */
    boolean isOpen() {
        return current != null && current.isOpen();
    }

    /** The version that Redis told as the connection was made; empty: it speaks no RESP3, or there is no connection. */
    Optional<String> version() {
        return current instanceof StatefulRedisConnectionImpl<?, ?> connection
                        && connection.getConnectionState().getNegotiatedProtocolVersion() == ProtocolVersion.RESP3
                ? Optional.ofNullable(connection.getConnectionState().getRedisVersion())
                : Optional.empty();
    }

    /** Sends commands in one write. Those that cannot be sent complete exceptionally at once. */
    void send(List<RedisCommand<byte[], byte[], ?>> commands) {
        StatefulRedisConnection<byte[], byte[]> connection = current;
        if (connection == null) {
            throw new IllegalStateException("not open");
        }
        connection.dispatch(commands);
    }

    /**
     * Opens another connection and closes the present one once the new one stands. What is under way on the present one
     * then breaks.
     *
     * @param stillWanted asked when the new one stands; if not, the present one stays
     */
    void replace(BooleanSupplier stillWanted) {
        if (current != null && !opening && !closed) {
            connect(stillWanted);
        }
    }

    /** Closes for good. */
    Future<Void> close() {
        closed = true;
        return Future.fromCompletionStage(client.shutdownAsync(0, 1, TimeUnit.SECONDS))
                .eventually(() -> Future.fromCompletionStage(toStage(resources.shutdown(0, 1, TimeUnit.SECONDS))))
                .mapEmpty();
    }

    private void connect(BooleanSupplier stillWanted) {
        opening = true;
        var _ = client.connectAsync(ByteArrayCodec.INSTANCE, uri(settings))
                .whenCompleteAsync(
                        (connection, failure) -> {
                            opening = false;
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
        connection.addListener(new Listener());
        connection.addListener((PushMessage message) -> {
            if (connection == current && !closed) {
                events.pushed(message);
            }
        });
        if (previous != null) {
            events.lost();
            var _ = previous.closeAsync();
        }
        announceOpen();
    }

    private void announceOpen() {
        if (isOpen()) {
            health.recovered();
            events.opened();
        }
    }

    private void failed(@Nullable Throwable failure) {
        if (current == null && !closed) {
            health.degraded("cannot connect to " + settings + ": " + problem(failure, settings));
            pausing = true;
            loop.after(RETRY_FIRST_CONNECT, () -> {
                pausing = false;
                open();
            });
        }
    }

    /** Hears of Lettuce's own reconnects; called on the loop, which the channel runs on. */
    private final class Listener implements RedisConnectionStateListener {

        @Override
        public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress address) {
            loop.netty().execute(() -> {
                if (connection == current && !closed) {
                    announceOpen();
                }
            });
        }

        @Override
        public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
            loop.netty().execute(() -> {
                if (connection == current && !closed) {
                    health.degraded("the connection to " + settings + " broke; reconnecting");
                    events.lost();
                }
            });
        }
    }

    /** Where Redis is and how to log in. */
    static RedisURI uri(RedisSettings settings) {
        RedisURI.Builder uri = RedisURI.builder()
                .withHost(settings.host())
                .withPort(settings.port())
                .withDatabase(settings.database())
                .withSsl(settings.tls())
                .withClientName("hotcold-user-api")
                .withTimeout(settings.dialTimeout());
        settings.password()
                .ifPresent(password -> settings.username()
                        .ifPresentOrElse(
                                user -> uri.withAuthentication(user, password.toCharArray()),
                                () -> uri.withPassword(password.toCharArray())));
        return uri.build();
    }

    private static ClientOptions options(RedisSettings settings) {
        SocketOptions socket = SocketOptions.builder()
                .connectTimeout(settings.dialTimeout())
                .keepAlive(SocketOptions.KeepAliveOptions.builder()
                        .enable()
                        .idle(KEEPALIVE_IDLE)
                        .interval(KEEPALIVE_INTERVAL)
                        .count(3)
                        .build())
                .tcpUserTimeout(SocketOptions.TcpUserTimeoutOptions.builder()
                        .enable()
                        .tcpUserTimeout(UNACKNOWLEDGED)
                        .build())
                .build();
        return ClientOptions.builder()
                .autoReconnect(true)
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .socketOptions(socket)
                .sslOptions(tls(settings))
                .timeoutOptions(TimeoutOptions.builder().timeoutCommands(false).build())
                .maintNotificationsConfig(MaintNotificationsConfig.disabled())
                .build();
    }

    /** Whom to trust. */
    static SslOptions tls(RedisSettings settings) {
        SslOptions.Builder tls = SslOptions.builder().jdkSslProvider();
        settings.authority().ifPresent(pem -> tls.trustManager(pem.toFile()));
        return tls.build();
    }

    /** Why Redis cannot be reached, for an operator. */
    static String problem(@Nullable Throwable failure, RedisSettings settings) {
        return CertificateProblem.describe(failure, settings.host(), "REDIS_TLS_CA_FILE")
                .orElseGet(() -> rootMessage(failure));
    }

    /** The message of what is at the bottom of a failure. */
    static String rootMessage(@Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause != null && cause.getCause() != null) {
            cause = cause.getCause();
        }
        if (cause == null) {
            return "unknown cause";
        }
        return cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
    }

    private static CompletionStage<Boolean> toStage(io.netty.util.concurrent.Future<Boolean> future) {
        CompletableFuture<Boolean> stage = new CompletableFuture<>();
        var _ = future.addListener(done -> stage.complete(true));
        return stage;
    }
}
