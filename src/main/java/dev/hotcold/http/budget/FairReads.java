package dev.hotcold.http.budget;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
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

    /** What a message of a TLS handshake counts at least, for the milliseconds that its signatures take. */
    private static final int HANDSHAKE_BYTES = 4096;

    private final TurnBudget budget;

    /** Null = the connection has no TLS, or its handshake is over. */
    private @Nullable Future<Channel> handshake;

    /** What was read and waits; null = nothing. */
    private @Nullable ArrayDeque<Object> waiting;

    private boolean readRequested;

    /** @param budget shared by all connections of the loop */
    public FairReads(TurnBudget budget) {
        this.budget = budget;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext context) {
        SslHandler tls = context.pipeline().get(SslHandler.class);
        handshake = tls == null ? null : tls.handshakeFuture();
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (waiting != null) {
            waiting.add(message);
        } else if (budget.isSpentOrOwed()) {
            waiting = new ArrayDeque<>();
            waiting.add(message);
            budget.inLaterTurn(() -> passOn(context));
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
        for (Object message : messages) {
            pass(context, message);
        }
        context.fireChannelReadComplete();
        if (readRequested) {
            readRequested = false;
            resume(context);
        }
    }

    private void pass(ChannelHandlerContext context, Object message) {
        if (message instanceof ByteBuf in && in.isReadable()) {
            budget.spend(Math.max(in.readableBytes(), shakesHands() ? HANDSHAKE_BYTES : 0));
        }
        context.fireChannelRead(message);
    }

    private boolean shakesHands() {
        if (handshake != null && handshake.isDone()) {
            handshake = null;
        }
        return handshake != null;
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
