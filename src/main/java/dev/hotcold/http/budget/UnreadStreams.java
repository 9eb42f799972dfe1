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

    /** Charges each stream for as long as it is open, and its response. */
    private final class Charges extends Http2ConnectionAdapter {

        @Override
        public void onStreamActive(Http2Stream stream) {
            stream.setProperty(key, new StreamState());
            unread.chargeStreams(STREAM_BYTES);
        }

        @Override
        public void onStreamClosed(Http2Stream stream) {
            StreamState state = stream.removeProperty(key);
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
        StreamState state = state(connection.stream(streamId));
        if (bytes > 0 && state != null) {
            state.requestBytes = bytes;
            unread.chargeStreams(bytes);
        }
    }

    /** A response to a stream is handed over, of which this many bytes are kept until the client has taken it. */
    void answered(int streamId, int bytes) {
        StreamState state = state(connection.stream(streamId));
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
     * Looks for what the client has not taken a byte of for too long, and for requests that it does not end though their response has
     * been taken.
     *
     * @param limit nanoseconds
     * @param socketBusy whether bytes wait for the socket: then what they belong to is being taken, or the socket's own limit ends it
     * @return whether that is everything, so that the connection is to be closed; else only such streams have been reset
     */
    boolean sweep(long now, long limit, boolean socketBusy) {
        Sweep sweep = new Sweep(now, limit, socketBusy);
        try {
            connection.forEachActiveStream(sweep);
        } catch (Http2Exception e) {
            throw new IllegalStateException("the visitor throws none", e);
        }
        boolean waits = sweep.anyAnswered || (refused && grantsNothing());
        if (!waits || socketBusy || taken != takenAtLastSweep) {
            takenAtLastSweep = taken;
            takenSince = now;
            refused = false;
        }
        if (now - takenSince >= limit) {
            return true;
        }
        reset(sweep.stalled, Http2Error.ENHANCE_YOUR_CALM);
        // RFC 9113, section 8.1: that the rest of the request is not needed.
        reset(sweep.unended, Http2Error.NO_ERROR);
        return false;
    }

    private void reset(List<Http2Stream> streams, Http2Error why) {
        ChannelHandlerContext context = channelHandlerContext();
        for (Http2Stream stream : streams) {
            var _ = handler.resetStream(context, stream.id(), why.code(), context.newPromise());
        }
        if (!streams.isEmpty()) {
            context.flush();
        }
    }

    /** Something of a request has come. */
    void requestMoved(int streamId) {
        StreamState state = state(connection.stream(streamId));
        if (state != null) {
            state.requestMoved = true;
        }
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
        private final boolean socketBusy;
        private final List<Http2Stream> stalled = new ArrayList<>();
        private final List<Http2Stream> unended = new ArrayList<>();
        private boolean anyAnswered;

        private Sweep(long now, long limit, boolean socketBusy) {
            this.now = now;
            this.limit = limit;
            this.socketBusy = socketBusy;
        }

        @Override
        public boolean visit(Http2Stream stream) {
            StreamState state = state(stream);
            if (state != null && stream.state() == Http2Stream.State.HALF_CLOSED_LOCAL) {
                if (state.requestMoved) {
                    state.requestMoved = false;
                    state.requestSince = now;
                } else if (now - state.requestSince >= limit) {
                    unended.add(stream);
                }
            } else if (state != null && state.answered) {
                anyAnswered = true;
                if (state.moved || socketBusy) {
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

    private @Nullable StreamState state(@Nullable Http2Stream stream) {
        return stream == null ? null : stream.getProperty(key);
    }

    @Override
    public void addFlowControlled(Http2Stream stream, FlowControlled payload) {
        StreamState state = state(stream);
        if (payload.size() == 0) {
            super.addFlowControlled(stream, payload);
        } else if (channelHandlerContext().channel().isWritable() && takesAtOnce(payload.size(), stream)) {
            // The next piece of a page comes when this one has been taken.
            if (state != null) {
                state.moved = true;
            }
            taken += payload.size();
            super.addFlowControlled(stream, payload);
        } else {
            super.addFlowControlled(stream, new Watched(payload, state));
        }
    }

    /** A frame in the queue of its stream that shows when some of it is taken. */
    private final class Watched implements FlowControlled {

        private final FlowControlled payload;
        private final @Nullable StreamState state;

        private Watched(FlowControlled payload, @Nullable StreamState state) {
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
