package dev.hotcold.http;

import io.netty.channel.Channel;
import io.netty.handler.codec.http2.Http2ConnectionHandler;

/**
 * Ends the streams of an HTTP/2 connection as soon as its socket is closed. By themselves they end when the event loop has
 * come to that; until then each response that could not be written any more, waiting or to come, is told to all streams as
 * an error of the connection, which for tens of thousands of them takes minutes.
 *
 * <p>Confined to: its connection's event loop.
 */
final class StreamsEnd {

    private StreamsEnd() {}

    /** @param channel of an HTTP/2 connection */
    static void follow(Channel channel) {
        Http2ConnectionHandler handler = channel.pipeline().get(Http2ConnectionHandler.class);
        // The future is told before the writes that wait are.
        var _ = channel.closeFuture().addListener(closed -> {
            var _ = handler.connection().close(channel.voidPromise());
        });
    }
}
