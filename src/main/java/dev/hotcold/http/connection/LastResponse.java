package dev.hotcold.http.connection;

import dev.hotcold.http.request.RequestDecoder;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpStatusClass;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Behind the codec of an HTTP/1 connection: the last response says that it is the last (RFC 9112, section 9.6), and reaches
 * its client. A socket that is closed with bytes unread is reset, and a reset may overtake the response. So the sending side
 * is closed first, and what the client still sends is discarded until it closes its own, or the time is up.
 *
 * <p>Confined to: its connection's event loop.
 */
public final class LastResponse extends ChannelDuplexHandler {

    /** The longest the receiving side stays open after the sending side. */
    static final Duration LINGER = Duration.ofSeconds(2);

    private boolean announced;
    private boolean lingering;

    /** The next response of an HTTP/1 connection is to say that it is the last; closing is up to the caller. */
    public static void announce(HttpConnection connection) {
        LastResponse handler =
                ((ConnectionBase) connection).channel().pipeline().get(LastResponse.class);
        if (handler != null) {
            handler.announced = true;
        }
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        if (message instanceof HttpResponse response
                && response.status().codeClass() != HttpStatusClass.INFORMATIONAL) {
            prepare(response);
        }
        var _ = context.write(message, promise);
        RequestDecoder decoder =
                message instanceof LastHttpContent ? context.pipeline().get(RequestDecoder.class) : null;
        if (decoder != null) {
            decoder.answered();
        }
    }

    private void prepare(HttpResponse response) {
        boolean keepAlive = response.headers().contains(HttpHeaderNames.CONNECTION, HttpHeaderValues.KEEP_ALIVE, true);
        // Vert.x closes then, and says so only to a client of HTTP/1.1.
        announced |= response.protocolVersion().equals(HttpVersion.HTTP_1_0) && !keepAlive;
        if (announced) {
            response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
        }
        announced |= response.headers().contains(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE, true);
        // The version of the server, not that of the request (RFC 9112, section 2.3).
        response.setProtocolVersion(HttpVersion.HTTP_1_1);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (lingering) {
            ReferenceCountUtil.release(message);
        } else {
            context.fireChannelRead(message);
        }
    }

    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        if (!announced || lingering || !context.channel().isActive()) {
            var _ = context.close(promise);
            return;
        }
        lingering = true;
        RequestDecoder decoder = context.pipeline().get(RequestDecoder.class);
        if (decoder != null) {
            decoder.discard();
        }
        context.channel().config().setAutoRead(true);
        var _ = context.channel().closeFuture().addListener(closed -> promise.trySuccess());
        // Flushed only when the response is: the write timeout bounds how long that may take.
        var _ = context.writeAndFlush(Unpooled.EMPTY_BUFFER)
                .addListener(flushed -> endSending(context, context.pipeline().get(SslHandler.class)));
    }

    private static void endSending(ChannelHandlerContext context, @Nullable SslHandler tls) {
        Channel channel = context.channel();
        ChannelFuture farewell = tls == null ? channel.newSucceededFuture() : tls.closeOutbound();
        var _ = farewell.addListener(said -> {
            var _ = ((DuplexChannel) channel).shutdownOutput();
        });
        Runnable end = () -> {
            var _ = context.close();
        };
        var _ = channel.eventLoop().schedule(end, LINGER.toMillis(), TimeUnit.MILLISECONDS);
    }
}
