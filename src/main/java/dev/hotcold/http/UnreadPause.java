package dev.hotcold.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/**
 * Reads nothing from a connection while its client leaves much unread. In HTTP/2 each request has a queue of its own, which
 * says nothing of the connection, and what has no body is held back by no window.
 *
 * <p>Confined to: its connection's event loop.
 */
final class UnreadPause extends ChannelInboundHandlerAdapter {

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        context.channel().config().setAutoRead(context.channel().isWritable());
        context.fireChannelWritabilityChanged();
    }
}
