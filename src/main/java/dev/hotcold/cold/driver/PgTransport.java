package dev.hotcold.cold.driver;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.Future;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.VertxWrapper;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.ConnectOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SSLEngineOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.impl.NetClientBuilder;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * The TCP client of one PostgreSQL connection, handed to the driver in Vert.x's place. It differs from Vert.x's own in two
 * ways: closing it closes the socket at once, where the driver's pipeline would turn the close into a goodbye and wait for
 * the server's end, which does not come from a server that is frozen or gone; and Vert.x keeps no record of it, where it
 * would keep one for every connection ever opened until the end of the process.
 *
 * <p>Confined to: its event loop.
 */
final class PgTransport extends VertxWrapper {

    private static final Duration UNACKNOWLEDGED = Duration.ofSeconds(5);

    private final Duration connectTimeout;
    private final PostgresSession.KeepAlive keepAlive;
    private final SSLEngineOptions engine;
    private final Function<Consumer<PgRefusal>, ChannelHandler> guards;

    /** The connection's own, and those of requests to cancel its query. */
    private final Set<Channel> channels = new HashSet<>();

    /** Of the connection itself. */
    private @Nullable MessageGuard guard;

    /** Where sockets connect to, whatever the driver says; null = where it says. */
    private @Nullable SocketAddress remote;

    private Runnable onConnected = () -> {};
    private @Nullable NetClient client;
    private boolean closed;
    private @Nullable Throwable failure;

    /**
     * @param engine makes the engines of encrypted connections
     * @param guards makes what stands between each socket and the driver, given what is to hear of a refusal
     */
    PgTransport(
            VertxInternal vertx,
            Duration connectTimeout,
            PostgresSession.KeepAlive keepAlive,
            SSLEngineOptions engine,
            Function<Consumer<PgRefusal>, ChannelHandler> guards) {
        super(vertx);
        this.connectTimeout = connectTimeout;
        this.keepAlive = keepAlive;
        this.engine = engine;
        this.guards = guards;
    }

    /**
     * Has sockets connect to an address: the driver knows the server by its name.
     *
     * @param onConnected called when the first one is connected, before anything is sent
     */
    void connectTo(SocketAddress address, Runnable onConnected) {
        this.remote = address;
        this.onConnected = onConnected;
    }

    @Override
    public NetClient createNetClient(NetClientOptions options) {
        NetClientOptions ours = new NetClientOptions(options);
        ours.setConnectTimeout(Math.toIntExact(connectTimeout.toMillis()));
        ours.setSslEngineOptions(engine);
        ours.setTcpKeepAlive(keepAlive.enabled());
        ours.setTcpUserTimeout(Math.toIntExact(UNACKNOWLEDGED.toMillis()));
        NetClient built = new NetClientBuilder(delegate, ours).build();
        client = built;
        return new Watched(built);
    }

    /**
     * What the driver does not report: why the TLS handshake failed, or what PostgreSQL may not send; empty: neither, or that
     * is not known.
     */
    Optional<Throwable> failure() {
        return Optional.ofNullable(failure);
    }

    /** Whether the driver did not get all rows of the last answer, for want of memory. */
    boolean hasCut() {
        return guard != null && guard.hasCut();
    }

    /** Bytes of the rows of the last answer that the driver got. */
    long rowBytes() {
        return guard == null ? 0 : guard.rowBytes();
    }

    /** Closes what is open and what has yet to open. */
    void closeNow() {
        if (closed) {
            return;
        }
        closed = true;
        Set.copyOf(channels).forEach(PgTransport::close);
        if (client != null) {
            client.close();
        }
    }

    private static void close(Channel channel) {
        channel.unsafe().close(channel.unsafe().voidPromise());
    }

    private Future<NetSocket> watch(Future<NetSocket> connecting) {
        return connecting.onSuccess(socket -> {
            Channel channel =
                    ((NetSocketInternal) socket).channelHandlerContext().channel();
            channels.add(channel);
            if (channel instanceof IoUringSocketChannel) {
                // Vert.x does so with epoll only.
                channel.config()
                        .setOption(IoUringChannelOption.TCP_USER_TIMEOUT, Math.toIntExact(UNACKNOWLEDGED.toMillis()));
            }
            KeepAliveOptions.apply(keepAlive, channel);
            ChannelHandler own = guards.apply(refusal -> failure = refusal);
            if (guard == null && own instanceof MessageGuard first) {
                guard = first;
                onConnected.run();
            }
            channel.pipeline().addFirst(new HandshakeWitness(), own);
            var _ = channel.closeFuture().addListener(gone -> channels.remove(channel));
            if (closed) {
                close(channel);
            }
        });
    }

    /** Looks, before the driver learns that the connection has closed, whether the handshake failed. */
    private final class HandshakeWitness extends ChannelInboundHandlerAdapter {

        @Override
        public void channelInactive(ChannelHandlerContext context) {
            SslHandler tls = context.pipeline().get(SslHandler.class);
            if (tls != null && failure == null) {
                failure = tls.handshakeFuture().cause();
            }
            context.fireChannelInactive();
        }
    }

    /** Vert.x's client, except that its sockets are known here. */
    private final class Watched implements NetClient {

        private final NetClient plain;

        private Watched(NetClient plain) {
            this.plain = plain;
        }

        @Override
        public Future<NetSocket> connect(int port, String host) {
            return connect(SocketAddress.inetSocketAddress(port, host));
        }

        @Override
        public Future<NetSocket> connect(int port, String host, String serverName) {
            return connect(SocketAddress.inetSocketAddress(port, host), serverName);
        }

        @Override
        public Future<NetSocket> connect(SocketAddress remoteAddress) {
            return watch(plain.connect(to(remoteAddress)));
        }

        @Override
        public Future<NetSocket> connect(SocketAddress remoteAddress, String serverName) {
            return watch(plain.connect(to(remoteAddress), serverName));
        }

        @Override
        public Future<NetSocket> connect(ConnectOptions connectOptions) {
            return watch(plain.connect(
                    new ConnectOptions(connectOptions).setRemoteAddress(to(connectOptions.getRemoteAddress()))));
        }

        private SocketAddress to(SocketAddress named) {
            return remote == null ? named : remote;
        }

        @Override
        public Future<Void> shutdown(long timeout, TimeUnit unit) {
            return plain.shutdown(timeout, unit);
        }

        @Override
        public Future<Boolean> updateSSLOptions(ClientSSLOptions options, boolean force) {
            return plain.updateSSLOptions(options, force);
        }
    }
}
