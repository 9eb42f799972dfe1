package dev.hotcold.http;

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
 * A Vert.x whose servers tell of every connection when it is accepted. An HTTP server that also speaks h2c tells of a
 * connection only once the headers of its first request are complete, and one that speaks TLS once the handshake is; a slow
 * or silent client puts off either for as long as it is let.
 */
final class AcceptHook extends VertxWrapper {

    private final Consumer<Channel> onAccept;
    private final Transport transport;

    /**
     * @param onAccept called on the connection's event loop, before anything is read but a TLS handshake
     * @param listening sees every connection before that, on the thread that accepts
     */
    AcceptHook(VertxInternal vertx, Consumer<Channel> onAccept, ChannelHandler listening) {
        super(vertx);
        this.onAccept = onAccept;
        this.transport = new ListeningTransport(vertx.transport(), listening);
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
