package dev.hotcold.http.connection;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.handler.codec.http2.Http2ConnectionHandler;

/**
 * Closes the streams of an HTTP/2 connection as soon as its socket is closed. Netty closes them in a later task of the event
 * loop; until then each response that cannot be written fails as an error of the connection, which is reported to every
 * stream. With tens of thousands of streams that takes minutes. And Vert.x fails with a warning where one of the streams was
 * refused before it came to know it.
 *
 * <p>Confined to: its connection's event loop.
 */
public final class Http2StreamCleanup extends ChannelOutboundHandlerAdapter {

    private final Http2ConnectionHandler handler;

    private Http2StreamCleanup(Http2ConnectionHandler handler) {
        this.handler = handler;
    }

    /**
     * Closes the streams with the channel.
     *
     * @param channel of an HTTP/2 connection
     */
    public static void install(Channel channel) {
        ChannelHandlerContext http2 = channel.pipeline().context(Http2ConnectionHandler.class);
        Http2StreamCleanup cleanup = new Http2StreamCleanup((Http2ConnectionHandler) http2.handler());
        channel.pipeline().addBefore(http2.name(), null, cleanup);
        // The close future completes before the pending writes fail.
        var _ = channel.closeFuture().addListener(closed -> cleanup.closeStreams(channel));
    }

    /** Netty closes the socket: nothing more is to be written. Under TLS, pending writes fail before it is closed. */
    @Override
    public void close(ChannelHandlerContext context, ChannelPromise promise) {
        closeStreams(context.channel());
        var _ = context.close(promise);
    }

    private void closeStreams(Channel channel) {
        var _ = handler.connection().close(channel.voidPromise());
    }
}
