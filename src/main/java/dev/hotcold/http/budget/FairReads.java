package dev.hotcold.http.budget;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Keeps clients from starving the tasks of their event loop, among them the batches to both stores, and other clients: once the
 * {@link TurnBudget} of a turn is spent, what was read meanwhile waits for later turns, and further reads wait until the pending tasks
 * have run. A turn may find that a thousand clients have each sent hundreds of requests; on io_uring it also takes up to 128 rounds of
 * reads while bytes keep arriving.
 *
 * <p>Confined to: its event loop.
 */
public final class FairReads extends ChannelDuplexHandler {

    private final TurnBudget budget;

    /** What was read and waits; null = nothing. */
    private @Nullable ArrayDeque<Object> waiting;

    private boolean readRequested;

    /** Whether this handler has switched auto-read off. */
    private boolean switchedOff;

    /** @param budget shared by all connections of the loop */
    public FairReads(TurnBudget budget) {
        this.budget = budget;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (waiting != null) {
            waiting.add(message);
        } else if (budget.isSpentOrOwed()) {
            ArrayDeque<Object> messages = new ArrayDeque<>();
            messages.add(message);
            queue(context, messages);
        } else {
            pass(context, message);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (waiting == null) {
            context.fireChannelReadComplete();
        }
    }

    private void passOn(ChannelHandlerContext context) {
        ArrayDeque<Object> messages = waiting;
        if (messages == null) {
            return;
        }
        waiting = null;
        switchOn(context);
        while (!messages.isEmpty()) {
            if (budget.isSpent()) {
                queue(context, messages);
                return;
            }
            pass(context, messages.poll());
        }
        context.fireChannelReadComplete();
        if (readRequested) {
            readRequested = false;
            resume(context);
        }
    }

    private void queue(ChannelHandlerContext context, ArrayDeque<Object> messages) {
        waiting = messages;
        // So that no more than one round of reads waits.
        switchedOff = context.channel().config().isAutoRead();
        if (switchedOff) {
            context.channel().config().setAutoRead(false);
        }
        budget.inLaterTurn(() -> passOn(context));
    }

    /** Before the messages: those behind may have reasons of their own to switch it off. */
    private void switchOn(ChannelHandlerContext context) {
        if (switchedOff) {
            switchedOff = false;
            // Its switch to on causes the read.
            readRequested = false;
            context.channel().config().setAutoRead(true);
        }
    }

    private void pass(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf in && in.isReadable()) {
            budget.spend(in.readableBytes());
        }
        context.fireChannelRead(message);
    }

    @Override
    public void read(ChannelHandlerContext context) {
        if (waiting != null) {
            readRequested = true;
        } else if (budget.isSpent()) {
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

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        discard();
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        discard();
    }

    private void discard() {
        if (waiting != null) {
            waiting.forEach(ReferenceCountUtil::release);
            waiting = null;
        }
    }
}
