package dev.hotcold.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;

/**
 * Keeps a client that sends without end from holding up the tasks of the loop, among them the batches to both stores: after
 * so many bytes it is read from again only when the tasks that wait have run. With epoll Netty does so itself; with io_uring
 * it goes on for up to 128 rounds while there is something to read.
 *
 * <p>Confined to: its event loop.
 */
final class FairReading extends ChannelDuplexHandler {

    private static final int MOST_BYTES = 1 << 16;

    private int bytes;

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf in) {
            bytes += in.readableBytes();
        }
        context.fireChannelRead(message);
    }

    @Override
    public void read(ChannelHandlerContext context) {
        if (bytes < MOST_BYTES) {
            context.read();
            return;
        }
        bytes = 0;
        context.executor().execute(() -> {
            // Reading may have been switched off meanwhile; when it is switched on again, that calls read.
            if (context.channel().config().isAutoRead()) {
                context.read();
            }
        });
    }
}
