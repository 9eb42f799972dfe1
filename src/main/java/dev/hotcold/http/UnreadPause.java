package dev.hotcold.http;

import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;

/**
 * Reads nothing from a connection while its client leaves much unread. In HTTP/2 each request has a queue of its own, which
 * says nothing of the connection, and what has no body is held back by no window.
 *
 * <p>Confined to: its connection's event loop.
 */
final class UnreadPause extends ChannelDuplexHandler {

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        context.channel().config().setAutoRead(context.channel().isWritable());
        context.fireChannelWritabilityChanged();
    }

    /** Netty's HTTP/2 asks for more after each read, also while reading is off, and trusts the windows to stop a client. */
    @Override
    public void read(ChannelHandlerContext context) {
        if (context.channel().isWritable()) {
            context.read();
        } else {
            // Switched off, so that to switch it on reads: under TLS the event of this may come when it is over.
            context.channel().config().setAutoRead(false);
        }
    }
}
