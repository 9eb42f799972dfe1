package dev.hotcold.http.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelPipeline;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.VertxWrapper;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.impl.NetServerImpl;
import io.vertx.core.net.impl.NetServerInternal;
import io.vertx.core.spi.transport.Transport;
import java.util.function.Consumer;

/**
 * A Vert.x whose servers report every connection when it is accepted. Vert.x itself reports a connection only when the headers
 * of its first request are complete (h2c), or when the handshake is (TLS); a slow or silent client delays both as long as it
 * likes.
 */
public final class AcceptHook extends VertxWrapper {

    private final Consumer<Channel> onAccept;
    private final Transport transport;

    /**
     * @param onAccept called on the connection's event loop, before anything but a TLS handshake is read
     * @param acceptor handler of the listening socket: sees every connection before that, on the thread that accepts
     */
    public AcceptHook(VertxInternal vertx, Consumer<Channel> onAccept, ChannelHandler acceptor) {
        super(vertx);
        this.onAccept = onAccept;
        this.transport = new ListeningTransport(vertx.transport(), acceptor);
    }

    @Override
    public Transport transport() {
        return transport;
    }

    @Override
    public NetServerInternal createNetServer(NetServerOptions options) {
        return new NetServerImpl(this, options.copy()) {
            @Override
            protected void initChannel(ChannelPipeline pipeline, boolean ssl) {
                super.initChannel(pipeline, ssl);
                onAccept.accept(pipeline.channel());
            }
        };
    }
}
