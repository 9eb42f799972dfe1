package dev.hotcold.http.connection;

import dev.hotcold.http.budget.TurnBudget;
import dev.hotcold.http.request.RequestDecoder;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler.Sharable;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelPipeline;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.Http1xOrH2CHandler;

/**
 * Puts the rules of HTTP/1 into a connection's pipeline as soon as it has left the fast path and turns out to speak HTTP/1:
 * {@link RequestDecoder} in place of Vert.x's decoder, and {@link LastResponse}. Vert.x has no hook for that before its handler
 * of {@code Upgrade: h2c} has seen the first request. A connection on the fast path pays nothing for it: the handler stands
 * behind, and sees nothing.
 *
 * <p>Confined to: its event loop.
 */
@Sharable
public final class Http1Pipeline extends ChannelInboundHandlerAdapter {

    /** Vert.x's names for its codec. */
    private static final String DECODER = "httpDecoder";

    private static final String ENCODER = "httpEncoder";

    private final HttpServerOptions options;
    private final TurnBudget turn;
    private final ProtocolKnown protocolKnown = new ProtocolKnown();

    /**
     * @param options for the decoder
     * @param turn what the loop may do in one turn
     */
    public Http1Pipeline(HttpServerOptions options, TurnBudget turn) {
        this.options = options;
        this.turn = turn;
    }

    /** Watches a connection from which nothing but a TLS handshake has been read; the fast path comes in front. */
    public void watch(Channel channel) {
        ChannelPipeline pipeline = channel.pipeline();
        ChannelHandlerContext tls = pipeline.context(SslHandler.class);
        if (tls == null) {
            pipeline.addFirst(this);
        } else {
            pipeline.addAfter(tls.name(), null, this);
        }
    }

    /** The connection has left the fast path. */
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        ChannelPipeline pipeline = context.pipeline();
        ChannelHandlerContext preface = pipeline.context(Http1xOrH2CHandler.class);
        if (preface == null) {
            install(pipeline);
        } else {
            pipeline.addAfter(preface.name(), null, protocolKnown);
        }
        pipeline.remove(this);
        context.fireChannelRead(message);
    }

    private void install(ChannelPipeline pipeline) {
        if (pipeline.context(DECODER) != null) {
            pipeline.replace(DECODER, DECODER, new RequestDecoder(options, turn));
            pipeline.addAfter(ENCODER, null, new LastResponse());
        }
    }

    /** Behind the handler that waits for HTTP/2's preface, whose bytes it sees when that has decided, and built a pipeline. */
    @Sharable
    private final class ProtocolKnown extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            install(context.pipeline());
            context.pipeline().remove(this);
            context.fireChannelRead(message);
        }
    }
}
