package dev.hotcold.http.budget;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AttributeKey;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.net.impl.ConnectionBase;
import org.jspecify.annotations.Nullable;

/**
 * What is kept for one client: bytes that wait for its socket, responses that wait for an earlier one, what HTTP/2's flow control holds
 * back, and its streams. Charged to the {@link UnreadBudget} of the loop.
 *
 * <p>Confined to: its connection's event loop.
 */
public final class UnreadResponses {

    /** A client with no more unread than this counts as one that takes what it gets: a response on its way has to be somewhere. */
    static final int ON_ITS_WAY = 8 << 10;

    /** So many bytes in the socket's queue need not be of a response: they may acknowledge PINGs. */
    private static final int NO_DATA = 1024;

    /** Some tens of nanoseconds, where {@link TurnBudget#REQUEST} is some tens of microseconds. */
    private static final int SETTING_OF_A_STREAM = 16;

    /** So many streams one client may always have, until the whole budget is spent. */
    static final int FEW_STREAMS = 2;

    private static final AttributeKey<UnreadResponses> KEY = AttributeKey.valueOf(UnreadResponses.class, "unread");

    private final Channel channel;
    private final UnreadBudget budget;
    private long bytes;
    private long inSocketQueue;
    private long ofStreams;
    private boolean isSocketBusy;
    private boolean closed;
    private @Nullable UnreadStreams streams;

    private final TurnBudget turn;

    private UnreadResponses(Channel channel, UnreadBudget budget, TurnBudget turn) {
        this.channel = channel;
        this.budget = budget;
        this.turn = turn;
    }

    /**
     * Starts to account for a new connection. Until it closes, {@link #of} finds it.
     *
     * @param turn what the loop may do in one turn
     */
    public static UnreadResponses install(Channel channel, UnreadBudget budget, TurnBudget turn) {
        UnreadResponses unread = new UnreadResponses(channel, budget, turn);
        channel.attr(KEY).set(unread);
        var _ = channel.closeFuture().addListener(closed -> unread.close());
        return unread;
    }

    /** Those of a connection that {@link #install} has seen. */
    public static UnreadResponses of(Channel channel) {
        return channel.attr(KEY).get();
    }

    /** Those of the connection of a request that Vert.x has read. */
    public static UnreadResponses of(HttpServerRequest request) {
        return of(((ConnectionBase) request.connection()).channel());
    }

    /** The connection speaks HTTP/2 and has no stream yet: accounts for those to come, and what its flow control holds back. */
    public void followStreams() {
        Http2ConnectionHandler handler = channel.pipeline().get(Http2ConnectionHandler.class);
        streams = UnreadStreams.install(handler, this);
        Http2RequestGate.install(handler, this);
        // One read may hold hundreds of requests.
        channel.pipeline()
                .addBefore(channel.pipeline().context(handler).name(), null, new FairReads(turn, TurnBudget.REQUEST));
    }

    /** Whether a response of this many bytes may be written over HTTP/1.1; else the request is to be {@link #refuse refused}. */
    public boolean hasRoomFor(int response) {
        refresh();
        return bytes == 0 ? !budget.isSpent() : fits(response);
    }

    /** The same for a request that Vert.x has read, over either version of HTTP. */
    public boolean hasRoomFor(int response, HttpServerRequest request) {
        UnreadStreams http2 = streams;
        if (http2 == null) {
            return hasRoomFor(response);
        }
        refresh();
        boolean takesIt = channel.isWritable()
                && http2.takesAtOnce(response, request.response().streamId());
        return takesIt ? !budget.isSpent() : fits(response);
    }

    /**
     * A response to a request that Vert.x has read is about to be written.
     *
     * @param kept how many bytes of it are kept until the client has taken it
     */
    public void answered(HttpServerRequest request, int kept) {
        if (streams != null) {
            streams.answered(request.response().streamId(), kept);
        }
    }

    private boolean fits(int response) {
        return bytes + response <= ON_ITS_WAY ? !budget.isSpent() : budget.hasRoomForResponse(bytes, response);
    }

    /** Charges what the headers of a request take beyond the usual. */
    void requestWeighs(int streamId, Http2Headers headers) {
        if (streams != null) {
            streams.requestWeighs(streamId, headers);
        }
    }

    /** Something of a request has come. */
    void requestMoved(int streamId) {
        if (streams != null) {
            streams.requestMoved(streamId);
        }
    }

    /** How many bytes of work a change of the client's settings is: the windows of all its streams change. */
    int settingsWeigh() {
        return TurnBudget.REQUEST + (int) (ofStreams / UnreadStreams.STREAM_BYTES) * SETTING_OF_A_STREAM;
    }

    /** Whether a new stream, which is charged already, may begin. */
    boolean mayBegin() {
        return ofStreams <= FEW_STREAMS * UnreadStreams.STREAM_BYTES
                ? !budget.isSpent()
                : budget.hasRoomForStreams(ofStreams);
    }

    /** Counts a request that is refused. */
    public void refuse() {
        budget.refuse();
        if (streams != null) {
            streams.refused();
        }
    }

    /** Takes note of what the socket has taken since the last time. */
    public void refresh() {
        ChannelOutboundBuffer queue = channel.unsafe().outboundBuffer();
        long now = queue == null ? 0 : queue.totalPendingWriteBytes();
        if (now != inSocketQueue) {
            charge(now - inSocketQueue);
            inSocketQueue = now;
        }
    }

    /**
     * Accounts for bytes that wait behind an earlier response.
     *
     * @param more how many more are kept for this client; negative: fewer
     */
    public void charge(long more) {
        if (!closed) {
            bytes += more;
            budget.chargeResponses(more);
        }
    }

    /** @param more how many more bytes its streams take; negative: fewer */
    void chargeStreams(long more) {
        if (!closed) {
            ofStreams += more;
            budget.chargeStreams(more);
        }
    }

    /** What the loop may do in one turn. */
    public TurnBudget turn() {
        return turn;
    }

    /** How many bytes of responses are kept. */
    long bytes() {
        return bytes;
    }

    /**
     * Whether a client of HTTP/2 takes nothing of what is ready for it; it has been told then that its connection is about to be
     * closed. Streams that alone are not taken have been reset.
     *
     * @param now nanoseconds, as {@link dev.hotcold.loop.Loop#nanos}
     * @param limit nanoseconds without a byte
     */
    public boolean isStalled(long now, long limit) {
        boolean wasBusy = isSocketBusy;
        isSocketBusy = inSocketQueue > NO_DATA;
        // Twice: acknowledgements of PINGs may just be on their way.
        if (streams == null || !streams.sweep(now, limit, wasBusy && isSocketBusy)) {
            return false;
        }
        streams.announceClose("no byte of any response was taken in time");
        return true;
    }

    private void close() {
        charge(-bytes);
        chargeStreams(-ofStreams);
        closed = true;
    }
}
