package dev.hotcold.http.connection;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;

/**
 * Keeps clients from starving the tasks of their event loop, among them the batches to both stores: once the {@link ReadBudget}
 * is spent, further reads wait until the pending tasks have run. For connections on io_uring, where a turn of the loop takes up
 * to 128 rounds of reads while bytes keep arriving; with epoll it reads only what had arrived at its beginning.
 *
 * <p>Confined to: its event loop.
 */
public final class FairReads extends ChannelDuplexHandler {

    private final ReadBudget budget;

    /** @param budget shared by all connections of the loop */
    public FairReads(ReadBudget budget) {
        this.budget = budget;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf in && in.isReadable()) {
            budget.spend(in.readableBytes());
        }
        context.fireChannelRead(message);
    }

    @Override
    public void read(ChannelHandlerContext context) {
        if (budget.isSpent()) {
            budget.afterPendingTasks(() -> resume(context));
        } else {
            context.read();
        }
    }

    private void resume(ChannelHandlerContext context) {
        // If auto-read was switched off meanwhile, its switch to on causes the read.
        if (context.channel().config().isAutoRead()) {
            read(context);
        }
    }
}
