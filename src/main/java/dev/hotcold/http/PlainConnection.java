package dev.hotcold.http;

import dev.hotcold.lookup.LookupResult;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleStateHandler;
import java.util.ArrayDeque;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One connection of {@link PlainLookups}, first in its pipeline. Takes requests from the bytes that arrive and answers them
 * in their order. With the first bytes that are no plain lookup it waits until all before them are answered, leaves the
 * pipeline and hands them on.
 *
 * <p>Nothing more is read from a client that leaves its responses unread, or has as many lookups under way as one may.
 *
 * <p>Confined to: its event loop.
 */
final class PlainConnection extends ChannelInboundHandlerAdapter {

    /** Lookups under way beyond which nothing more is read. */
    private static final int MOST_UNDER_WAY = 128;

    /** A request and, in time, its response. */
    final class Exchange implements Consumer<LookupResult> {

        private @Nullable LookupResponse response;

        /** The lookup has ended. */
        @Override
        public void accept(LookupResult result) {
            answer(lookups.responses().of(result));
            lookups.answered();
        }

        /** Called once, within the call that began it or later. */
        void answer(LookupResponse given) {
            response = given;
            answerInOrder();
        }
    }

    private final PlainLookups lookups;
    private final ArrayDeque<Exchange> underWay = new ArrayDeque<>();
    private @Nullable ChannelHandlerContext context;
    private @Nullable IdleStateHandler idle;
    private @Nullable ByteBuf handedOn;
    private boolean reading;

    PlainConnection(PlainLookups lookups) {
        this.lookups = lookups;
    }

    @Override
    public void handlerAdded(ChannelHandlerContext added) {
        context = added;
        idle = added.pipeline().get(IdleStateHandler.class);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (!(message instanceof ByteBuf in)) {
            context.fireChannelRead(message);
        } else if (handedOn != null) {
            handedOn = context.alloc()
                    .compositeBuffer()
                    .addFlattenedComponents(true, handedOn)
                    .addFlattenedComponents(true, in);
        } else {
            reading = true;
            takeRequests(in);
            if (in.isReadable()) {
                handedOn = in;
            } else {
                in.release();
            }
        }
    }

    private void takeRequests(ByteBuf in) {
        if (idle != null) {
            idle.resetReadTimeout();
        }
        LookupRequest request = lookups.request();
        while (in.isReadable() && !lookups.isEnding() && request.read(in) && lookups.isAdmitted()) {
            in.skipBytes(request.length());
            Exchange exchange = new Exchange();
            underWay.addLast(exchange);
            lookups.begin(this, exchange);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (reading) {
            reading = false;
            context.flush();
            goOn(context);
        } else {
            context.fireChannelReadComplete();
        }
    }

    private void answerInOrder() {
        ChannelHandlerContext here = context;
        Exchange oldest;
        while (here != null && (oldest = underWay.peekFirst()) != null && oldest.response != null) {
            underWay.removeFirst();
            if (here.channel().isActive()) {
                var _ = here.write(lookups.responses().toBytes(oldest.response, here.alloc()), here.voidPromise());
            }
        }
        if (here != null && !reading) {
            here.flush();
            goOn(here);
        }
    }

    /** Hands over if that is due; otherwise reads on, or does not. */
    private void goOn(ChannelHandlerContext here) {
        if (handedOn != null && underWay.isEmpty()) {
            handOn(here, handedOn);
        } else {
            boolean readOn = handedOn == null
                    && underWay.size() < MOST_UNDER_WAY
                    && here.channel().isWritable();
            if (here.channel().config().isAutoRead() != readOn) {
                here.channel().config().setAutoRead(readOn);
            }
        }
    }

    private void handOn(ChannelHandlerContext here, ByteBuf bytes) {
        handedOn = null;
        here.pipeline().remove(this);
        here.channel().config().setAutoRead(true);
        here.fireChannelRead(bytes);
        here.fireChannelReadComplete();
        lookups.left(this);
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        goOn(context);
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (handedOn != null) {
            handedOn.release();
            handedOn = null;
        }
        lookups.left(this);
        context.fireChannelInactive();
    }
}
