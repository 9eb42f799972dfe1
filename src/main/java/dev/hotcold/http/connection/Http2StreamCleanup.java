package dev.hotcold.http.connection;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2ConnectionHandler;

/**
 * Closes the streams of an HTTP/2 connection as soon as its socket is closed. Netty closes them in a later task of the event
 * loop; until then each response that cannot be written fails as an error of the connection, which is reported to every
 * stream. With tens of thousands of streams that takes minutes.
 *
 * <p>Confined to: its connection's event loop.
 */
public final class Http2StreamCleanup {

    private Http2StreamCleanup() {}

    /**
     * Closes the streams with the channel.
     *
     * @param channel of an HTTP/2 connection
     */
    public static void install(Channel channel) {
        Http2ConnectionHandler handler = channel.pipeline().get(Http2ConnectionHandler.class);
        // The close future completes before the pending writes fail.
        var _ = channel.closeFuture().addListener(closed -> {
            var _ = handler.connection().close(channel.voidPromise());
        });
    }
}
