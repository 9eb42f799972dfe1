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

    /**
     * What may arrive while auto-read is off: a read that was under way, and the rest of a TLS record. When there is more, the client has
     * closed its side, and the transport reads all that it has sent; nobody would take the answers.
     */
    private static final int MOST_UNASKED = 24 << 10;

    private final TurnBudget budget;
    private final int pieceBytes;
    private int unasked;

    /** What was read and waits; null = nothing. */
    private @Nullable ArrayDeque<Object> waiting;

    private boolean readRequested;

    /** Whether this handler has switched auto-read off. */
    private boolean switchedOff;

    /** Passes on in one piece what was read in one. */
    public FairReads(TurnBudget budget) {
        this(budget, Integer.MAX_VALUE);
    }

    /**
     * @param budget shared by all connections of the loop
     * @param pieceBytes what is passed on at most before the budget is looked at again
     */
    public FairReads(TurnBudget budget, int pieceBytes) {
        this.budget = budget;
        this.pieceBytes = pieceBytes;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (isSocket() && isTooMuch(context, message)) {
            ReferenceCountUtil.release(message);
            var _ = context.close();
        } else if (waiting != null) {
            waiting.add(message);
        } else if (budget.isSpentOrOwed()) {
            queue(context, message, new ArrayDeque<>());
        } else {
            Object rest = pass(context, message, false);
            if (rest != null) {
                queue(context, rest, new ArrayDeque<>());
            }
        }
    }

    /** Whether this handler sees what the socket has, and not what was decrypted and asked for by another. */
    private boolean isSocket() {
        return pieceBytes == Integer.MAX_VALUE;
    }

    private boolean isTooMuch(ChannelHandlerContext context, Object message) {
        boolean isAsked = context.channel().config().isAutoRead() || !(message instanceof ByteBuf);
        unasked = isAsked ? 0 : unasked + ((ByteBuf) message).readableBytes();
        return unasked > MOST_UNASKED;
    }

    private void passOn(ChannelHandlerContext context) {
        ArrayDeque<Object> messages = waiting;
        if (messages == null) {
            return;
        }
        waiting = null;
        Object next;
        while ((next = messages.poll()) != null) {
            Object rest = budget.isSpent() ? next : pass(context, next, messages.isEmpty());
            if (rest != null) {
                queue(context, rest, messages);
                break;
            }
        }
        // What those behind have to flush shall not wait for the rest.
        context.fireChannelReadComplete();
        if (waiting == null && readRequested) {
            readRequested = false;
            resume(context);
        }
    }

    private void queue(ChannelHandlerContext context, Object first, ArrayDeque<Object> others) {
        if (context.isRemoved()) {
            ReferenceCountUtil.release(first);
            others.forEach(ReferenceCountUtil::release);
            return;
        }
        others.addFirst(first);
        waiting = others;
        // So that no more than one round of reads waits.
        if (context.channel().config().isAutoRead()) {
            switchedOff = true;
            context.channel().config().setAutoRead(false);
        }
        budget.inLaterTurn(() -> passOn(context));
    }

    /** Not while the channel is not writable: others may have wanted it off meanwhile, and found that it was. */
    private void switchOn(ChannelHandlerContext context) {
        if (switchedOff && context.channel().isWritable()) {
            switchedOff = false;
            if (!context.channel().config().isAutoRead()) {
                // That causes a read. Where another has switched it on meanwhile, the read it caused has been requested
                // here.
                readRequested = false;
                context.channel().config().setAutoRead(true);
            }
        }
    }

    /**
     * Returns what the budget does not allow for any more; null = all is passed on.
     *
     * @param last whether nothing waits behind it
     */
    private @Nullable Object pass(ChannelHandlerContext context, Object message, boolean last) {
        if (message instanceof ByteBuf in && in.isReadable()) {
            while (in.readableBytes() > pieceBytes) {
                budget.spend(pieceBytes);
                context.fireChannelRead(in.readRetainedSlice(pieceBytes));
                if (budget.isSpent()) {
                    return in;
                }
            }
            budget.spend(in.readableBytes());
        }
        if (last) {
            // Before it, since those behind may have reasons of their own to switch it off.
            switchOn(context);
        }
        context.fireChannelRead(message);
        return null;
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
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        if (waiting == null) {
            switchOn(context);
        }
        context.fireChannelWritabilityChanged();
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
