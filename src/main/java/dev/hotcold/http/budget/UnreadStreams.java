package dev.hotcold.http.budget;

import io.netty.buffer.ByteBufUtil;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionAdapter;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.Http2StreamVisitor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The streams of one HTTP/2 connection, and which of them the client takes nothing of (RFC 9113, section 10.5). It stands in front of
 * Netty's flow controller, which does the work, to see every byte of data that a client's windows let through.
 *
 * <p>Confined to: its connection's event loop.
 */
final class UnreadStreams extends DelegatingFlowController {

    /** What a stream takes on the heap besides its response: its request, headers, queues and states. */
    static final int STREAM_BYTES = 8 << 10;

    /** What a header takes: an entry, and two strings in two forms. */
    private static final int HEADER = 150;

    /** What of the above headers take. */
    private static final int USUAL_HEADERS = 2 << 10;

    private final Http2ConnectionHandler handler;
    private final Http2Connection connection;
    private final Http2Connection.PropertyKey key;
    private final UnreadResponses unread;
    private boolean refused;
    private long taken;
    private long takenAtLastSweep;
    private long takenSince;

    private UnreadStreams(Http2ConnectionHandler handler, UnreadResponses unread) {
        super(handler.connection().remote().flowController());
        this.handler = handler;
        this.connection = handler.connection();
        this.key = connection.newKey();
        this.unread = unread;
    }

    static UnreadStreams install(Http2ConnectionHandler handler, UnreadResponses unread) {
        UnreadStreams streams = new UnreadStreams(handler, unread);
        handler.connection().addListener(streams.new Charges());
        handler.connection().remote().flowController(streams);
        return streams;
    }

    /** What is known of a stream. */
    private static final class State {

        /** Bytes of its response that are charged. */
        private int bytes;

        /** Bytes of its request that are charged beyond the usual. */
        private int requestBytes;

        /** Whether a response is there for the client to take. */
        private boolean answered;

        /** Whether the client has taken a byte since the last sweep. */
        private boolean moved;

        /** When it was last seen to have moved. */
        private long since;
    }

    /** Charges each stream for as long as it is open, and its response. */
    private final class Charges extends Http2ConnectionAdapter {

        @Override
        public void onStreamActive(Http2Stream stream) {
            stream.setProperty(key, new State());
            unread.chargeStreams(STREAM_BYTES);
        }

        @Override
        public void onStreamClosed(Http2Stream stream) {
            State state = stream.removeProperty(key);
            if (state != null) {
                unread.chargeStreams(-STREAM_BYTES - state.requestBytes);
                unread.charge(-state.bytes);
            }
        }
    }

    /** Charges what the headers of a request take beyond the usual. */
    void requestWeighs(int streamId, Http2Headers headers) {
        int bytes = -USUAL_HEADERS;
        for (Map.Entry<CharSequence, CharSequence> header : headers) {
            bytes += HEADER + header.getKey().length() + header.getValue().length();
        }
        State state = state(connection.stream(streamId));
        if (bytes > 0 && state != null) {
            state.requestBytes = bytes;
            unread.chargeStreams(bytes);
        }
    }

    /** A response to a stream is handed over, of which this many bytes are kept until the client has taken it. */
    void answered(int streamId, int bytes) {
        State state = state(connection.stream(streamId));
        if (state != null) {
            state.answered = true;
            state.moved = true;
            state.bytes += bytes;
            unread.charge(bytes);
        }
    }

    /** Whether the client has granted room for a body of this many bytes on a stream that has none yet. */
    boolean takesAtOnce(int bytes, int streamId) {
        Http2Stream stream = connection.stream(streamId);
        return stream != null && takesAtOnce(bytes, stream);
    }

    private boolean takesAtOnce(int bytes, Http2Stream stream) {
        return windowSize(stream) >= bytes
                && windowSize(connection.connectionStream()) >= bytes
                && !hasFlowControlled(stream);
    }

    /**
     * Looks for what the client has not taken a byte of for too long.
     *
     * @param limit nanoseconds
     * @return whether that is everything, so that the connection is to be closed; else only such streams have been reset
     */
    boolean sweep(long now, long limit) {
        Sweep sweep = new Sweep(now, limit);
        try {
            connection.forEachActiveStream(sweep);
        } catch (Http2Exception e) {
            throw new IllegalStateException("the visitor throws none", e);
        }
        boolean waits = sweep.anyAnswered || (refused && grantsNothing());
        if (!waits || taken != takenAtLastSweep) {
            takenAtLastSweep = taken;
            takenSince = now;
            refused = false;
        }
        if (now - takenSince >= limit) {
            return true;
        }
        for (Http2Stream stream : sweep.stalled) {
            var _ = handler.resetStream(
                    channelHandlerContext(),
                    stream.id(),
                    Http2Error.ENHANCE_YOUR_CALM.code(),
                    channelHandlerContext().newPromise());
        }
        if (!sweep.stalled.isEmpty()) {
            channelHandlerContext().flush();
        }
        return false;
    }

    /** A request of this client had to be refused. */
    void refused() {
        refused = true;
    }

    /** Whether the client's windows let through no byte of any response. */
    private boolean grantsNothing() {
        return initialWindowSize() == 0 || windowSize(connection.connectionStream()) == 0;
    }

    /** One look at all streams. */
    private final class Sweep implements Http2StreamVisitor {

        private final long now;
        private final long limit;
        private final List<Http2Stream> stalled = new ArrayList<>();
        private boolean anyAnswered;

        private Sweep(long now, long limit) {
            this.now = now;
            this.limit = limit;
        }

        @Override
        public boolean visit(Http2Stream stream) {
            State state = state(stream);
            // One that is closed on this side has been taken; its client has yet to end its request.
            if (state != null && state.answered && stream.state() != Http2Stream.State.HALF_CLOSED_LOCAL) {
                anyAnswered = true;
                if (state.moved) {
                    state.moved = false;
                    state.since = now;
                } else if (now - state.since >= limit) {
                    stalled.add(stream);
                }
            }
            return true;
        }
    }

    /** Tells the client why its connection is about to be closed. */
    void announceClose(String why) {
        ChannelHandlerContext context = channelHandlerContext();
        var _ = handler.goAway(
                context,
                connection.remote().lastStreamCreated(),
                Http2Error.ENHANCE_YOUR_CALM.code(),
                ByteBufUtil.writeAscii(context.alloc(), why),
                context.newPromise());
        context.flush();
    }

    private @Nullable State state(@Nullable Http2Stream stream) {
        return stream == null ? null : stream.getProperty(key);
    }

    @Override
    public void addFlowControlled(Http2Stream stream, FlowControlled payload) {
        if (payload.size() == 0 || takesAtOnce(payload.size(), stream)) {
            taken += payload.size();
            super.addFlowControlled(stream, payload);
        } else {
            super.addFlowControlled(stream, new Watched(payload, state(stream)));
        }
    }

    /** A frame in the queue of its stream that shows when some of it is taken. */
    private final class Watched implements FlowControlled {

        private final FlowControlled payload;
        private final @Nullable State state;

        private Watched(FlowControlled payload, @Nullable State state) {
            this.payload = payload;
            this.state = state;
        }

        @Override
        public int size() {
            return payload.size();
        }

        @Override
        public void write(ChannelHandlerContext context, int allowedBytes) {
            int before = payload.size();
            payload.write(context, allowedBytes);
            if (payload.size() < before) {
                taken += before - payload.size();
                if (state != null) {
                    state.moved = true;
                }
            }
        }

        @Override
        public void writeComplete() {
            payload.writeComplete();
        }

        @Override
        public void error(ChannelHandlerContext context, Throwable cause) {
            payload.error(context, cause);
        }

        @Override
        public boolean merge(ChannelHandlerContext context, FlowControlled next) {
            return payload.merge(context, next instanceof Watched watched ? watched.payload : next);
        }
    }
}
