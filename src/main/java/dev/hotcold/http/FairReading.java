package dev.hotcold.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import java.util.concurrent.Executor;

/**
 * Keeps clients from holding up the tasks of their loop, among them the batches to both stores: once so many bytes have been
 * read from all of them in a turn of the loop, reading goes on only when the tasks that wait have run. For connections on
 * io_uring, where a turn goes on for up to 128 rounds while something arrives; with epoll it takes in what is there at its
 * beginning.
 *
 * <p>Confined to: its event loop.
 */
final class FairReading extends ChannelDuplexHandler {

    /** Some hundred requests. */
    private static final int MOST_BYTES = 1 << 15;

    /** What one loop has read since its tasks ran last; as a task, the end of the turn. */
    static final class Turn implements Runnable {

        private int bytes;

        @Override
        public void run() {
            bytes = 0;
        }

        private void add(int read, Executor loop) {
            if (bytes == 0) {
                loop.execute(this);
            }
            bytes += read;
        }

        private boolean isOver() {
            return bytes >= MOST_BYTES;
        }
    }

    private final Turn turn;

    /** @param turn shared by all connections of the loop */
    FairReading(Turn turn) {
        this.turn = turn;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf in && in.isReadable()) {
            turn.add(in.readableBytes(), context.executor());
        }
        context.fireChannelRead(message);
    }

    @Override
    public void read(ChannelHandlerContext context) {
        if (turn.isOver()) {
            context.executor().execute(() -> readLater(context));
        } else {
            context.read();
        }
    }

    private void readLater(ChannelHandlerContext context) {
        // Reading may have been switched off meanwhile; when it is switched on again, that calls read.
        if (context.channel().config().isAutoRead()) {
            read(context);
        }
    }
}
