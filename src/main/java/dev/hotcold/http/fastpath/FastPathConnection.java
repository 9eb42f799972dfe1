package dev.hotcold.http.fastpath;

import dev.hotcold.http.access.ApiKeyCheck;
import dev.hotcold.http.budget.UnreadResponses;
import dev.hotcold.http.response.LookupResponse;
import dev.hotcold.lookup.Lookup;
import dev.hotcold.lookup.LookupResult;
import dev.hotcold.user.ParsedUserId.Malformed;
import dev.hotcold.user.UserId;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.timeout.IdleStateHandler;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One connection on the fast path, first in its pipeline behind TLS. It goes through these states:
 *
 * <ol>
 *   <li>Serving: takes plain lookups from the bytes that arrive and writes the responses in the order of the requests.
 *   <li>Leaving: begins with the first bytes that are no plain lookup. They and all that follow are kept until every lookup
 *       before them is answered.
 *   <li>Left: the handler removes itself and passes the kept bytes on, untouched.
 * </ol>
 *
 * <p>Back-pressure: nothing is read while the channel is not writable, while {@value #MAX_IN_FLIGHT} requests await their
 * responses, and while leaving. Half-close counts as disconnect; pending responses are discarded.
 *
 * <p>Confined to: its event loop.
 */
final class FastPathConnection extends ChannelInboundHandlerAdapter {

    /** Requests without a response beyond which nothing more is read. */
    static final int MAX_IN_FLIGHT = 128;

    /** A request whose response is not written yet. */
    private final class Exchange implements Lookup.Answer {

        /** Null until the lookup has ended. */
        private @Nullable LookupResponse response;

        /** How many bytes it was charged while it waits for earlier ones. */
        private int charged;

        /** The lookup has ended. */
        @Override
        public void complete(LookupResult result) {
            complete(shared.responses().of(result));
            shared.drain().lookupEnded();
        }

        private void complete(LookupResponse made) {
            if (unread.hasRoomFor(made.length())) {
                response = made;
            } else {
                unread.refuse();
                response = shared.responses().overloaded();
            }
            if (inFlight.peekFirst() == this) {
                writeInOrder();
            } else {
                charged = response.length();
                unread.charge(charged);
            }
        }
    }

    private final FastPathContext shared;
    private final UnreadResponses unread;
    private final ArrayDeque<Exchange> inFlight = new ArrayDeque<>();
    private @Nullable ChannelHandlerContext context;
    private @Nullable IdleStateHandler idle;

    /** Not null while leaving: the bytes to pass on. */
    private @Nullable ByteBuf kept;

    private boolean joined;

    /** Whether more may be read before {@link #channelReadComplete}, which then flushes. */
    private boolean reading;

    /** @param unread those of its channel */
    FastPathConnection(FastPathContext shared, UnreadResponses unread) {
        this.shared = shared;
        this.unread = unread;
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
        } else if (kept != null) {
            kept = context.alloc()
                    .compositeBuffer()
                    .addFlattenedComponents(true, kept)
                    .addFlattenedComponents(true, in);
            // Whoever passed it on may have switched it on before.
            context.channel().config().setAutoRead(false);
        } else {
            reading = true;
            readRequests(in);
            if (in.isReadable()) {
                kept = in;
            } else {
                in.release();
            }
        }
    }

    private void readRequests(ByteBuf in) {
        if (idle != null) {
            // It stands behind this handler, and would not know of the traffic.
            idle.resetReadTimeout();
        }
        LookupRequestParser request = shared.parser();
        while (in.isReadable() && !shared.drain().isDraining() && request.parse(in) && isAdmitted(request)) {
            in.skipBytes(request.length());
            start(request);
        }
    }

    /** A request that is not is left to Vert.x, to be refused there. */
    private boolean isAdmitted(LookupRequestParser request) {
        ApiKeyCheck keys = shared.keys();
        return keys == null || keys.check(request.authorization(), request.apiKey()) == ApiKeyCheck.Verdict.ADMITTED;
    }

    private void start(LookupRequestParser request) {
        ChannelHandlerContext here = context;
        if (!joined && here != null) {
            joined = true;
            shared.drain().connectionJoined(here.channel());
        }
        Exchange exchange = new Exchange();
        inFlight.addLast(exchange);
        switch (request.userId()) {
            case UserId id -> {
                shared.drain().lookupStarted();
                shared.lookup().lookup(id, exchange);
            }
            case Malformed ignored -> {
                shared.onInvalidUserId().run();
                exchange.complete(shared.responses().invalidUserId());
            }
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
        if (reading) {
            reading = false;
            context.flush();
            unread.refresh();
            leaveOrReadOn(context);
        } else {
            context.fireChannelReadComplete();
        }
    }

    private void writeInOrder() {
        ChannelHandlerContext here = context;
        Exchange oldest;
        while (here != null && (oldest = inFlight.peekFirst()) != null && oldest.response != null) {
            inFlight.removeFirst();
            unread.charge(-oldest.charged);
            if (here.channel().isActive()) {
                var _ = here.write(oldest.response.encode(here.alloc()), here.voidPromise());
            }
        }
        if (here != null && !reading) {
            here.flush();
            unread.refresh();
            leaveOrReadOn(here);
        }
    }

    private void leaveOrReadOn(ChannelHandlerContext here) {
        if (here.isRemoved()) {
            // A flush may have made the channel writable, and so this connection leave.
            return;
        }
        if (kept != null && inFlight.isEmpty()) {
            leave(here, kept);
        } else {
            boolean readOn = kept == null
                    && inFlight.size() < MAX_IN_FLIGHT
                    && here.channel().isWritable();
            if (here.channel().config().isAutoRead() != readOn) {
                here.channel().config().setAutoRead(readOn);
            }
        }
    }

    private void leave(ChannelHandlerContext here, ByteBuf bytes) {
        kept = null;
        here.pipeline().remove(this);
        here.channel().config().setAutoRead(true);
        here.fireChannelRead(bytes);
        here.fireChannelReadComplete();
        reportLeft(here.channel());
    }

    @Override
    public void channelWritabilityChanged(ChannelHandlerContext context) {
        leaveOrReadOn(context);
        context.fireChannelWritabilityChanged();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (kept != null) {
            kept.release();
            kept = null;
        }
        reportLeft(context.channel());
        context.fireChannelInactive();
    }

    private void reportLeft(Channel channel) {
        if (joined) {
            joined = false;
            shared.drain().connectionLeft(channel);
        }
    }
}
