package dev.hotcold.http.connection;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;

/**
 * Stops reading from a connection while it is not writable: its client leaves too much unread. For HTTP/2, where neither
 * Vert.x nor flow control does so: each stream has a write queue of its own, and responses without a body count in no window.
 *
 * <p>Confined to: its connection's event loop.
 */
public final class WriteBackpressure extends ChannelDuplexHandler {

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        context.channel().config().setAutoRead(context.channel().isWritable());
        context.fireChannelWritabilityChanged();
    }

    /** Netty's HTTP/2 handler requests a read after each read, even with auto-read off: it relies on flow control. */
    @Override
    public void read(ChannelHandlerContext context) {
        if (context.channel().isWritable()) {
            context.read();
        } else {
            // So that the switch to on causes a read. Under TLS, the event that switches it off may come only when the
            // channel is writable again.
            context.channel().config().setAutoRead(false);
        }
    }
}
