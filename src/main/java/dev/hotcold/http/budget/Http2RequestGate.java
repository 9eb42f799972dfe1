package dev.hotcold.http.budget;

import static io.netty.handler.codec.http2.Http2CodecUtil.DEFAULT_HEADER_TABLE_SIZE;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListener;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Settings;
import java.nio.charset.StandardCharsets;

/**
 * Refuses new streams of HTTP/2 while too much is kept for clients: with a 503 that is written as bytes, before the stream has cost
 * more than a few of them. A turn of the event loop may have to refuse a hundred thousand.
 *
 * <p>Confined to: its connection's event loop.
 */
final class Http2RequestGate extends Http2FrameListenerDecorator {

    private static final int FRAME_HEAD = 9;
    private static final byte HEADERS = 1;
    private static final byte RST_STREAM = 3;
    private static final byte END_STREAM_AND_HEADERS = 5;

    /**
     * {@code :status: 503} and {@code retry-after: 1} in HPACK (RFC 7541): literals with a name of the static table, without indexing,
     * so that no state is shared with the encoder of the other responses.
     */
    private static final byte[] UNAVAILABLE = unavailable();

    private final Http2ConnectionHandler handler;
    private final UnreadResponses unread;
    private int lastStreamId;

    private Http2RequestGate(Http2ConnectionHandler handler, Http2FrameListener delegate, UnreadResponses unread) {
        super(delegate);
        this.handler = handler;
        this.unread = unread;
    }

    static void install(Http2ConnectionHandler handler, UnreadResponses unread) {
        handler.decoder()
                .frameListener(new Http2RequestGate(handler, handler.decoder().frameListener(), unread));
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context,
            int streamId,
            Http2Headers headers,
            int streamDependency,
            short weight,
            boolean exclusive,
            int padding,
            boolean endOfStream)
            throws Http2Exception {
        if (isAdmitted(context, streamId, headers)) {
            super.onHeadersRead(context, streamId, headers, streamDependency, weight, exclusive, padding, endOfStream);
        }
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context, int streamId, Http2Headers headers, int padding, boolean endOfStream)
            throws Http2Exception {
        if (isAdmitted(context, streamId, headers)) {
            super.onHeadersRead(context, streamId, headers, padding, endOfStream);
        }
    }

    @Override
    public int onDataRead(ChannelHandlerContext context, int streamId, ByteBuf data, int padding, boolean endOfStream)
            throws Http2Exception {
        unread.requestMoved(streamId);
        return super.onDataRead(context, streamId, data, padding, endOfStream);
    }

    @Override
    public void onSettingsRead(ChannelHandlerContext context, Http2Settings settings) throws Http2Exception {
        unread.turn().spend(unread.settingsWeigh());
        super.onSettingsRead(context, settings);
    }

    private boolean isAdmitted(ChannelHandlerContext context, int streamId, Http2Headers headers) {
        // Ids only grow. The headers of an id that was there are the trailers of its request.
        boolean begins = streamId > lastStreamId;
        lastStreamId = Math.max(lastStreamId, streamId);
        if (begins) {
            unread.requestWeighs(streamId, headers);
        }
        if (!begins) {
            return true;
        }
        if (unread.mayBegin()) {
            unread.turn().spend(TurnBudget.REQUEST);
            return true;
        }
        refuse(context, streamId);
        return false;
    }

    private void refuse(ChannelHandlerContext context, int streamId) {
        unread.refuse();
        var _ = context.write(refusal(context, streamId), context.voidPromise());
        handler.connection().stream(streamId).close();
    }

    private ByteBuf refusal(ChannelHandlerContext context, int streamId) {
        ByteBuf frame = context.alloc().buffer(FRAME_HEAD + UNAVAILABLE.length);
        boolean tableIsDefault =
                handler.encoder().configuration().headersConfiguration().maxHeaderTableSize()
                        == DEFAULT_HEADER_TABLE_SIZE;
        if (tableIsDefault) {
            return frame.writeMedium(UNAVAILABLE.length)
                    .writeByte(HEADERS)
                    .writeByte(END_STREAM_AND_HEADERS)
                    .writeInt(streamId)
                    .writeBytes(UNAVAILABLE);
        }
        // The next headers may have to tell of the table's size (RFC 7541, section 4.2), which the encoder alone knows.
        return frame.writeMedium(Integer.BYTES)
                .writeByte(RST_STREAM)
                .writeByte(0)
                .writeInt(streamId)
                .writeInt(Math.toIntExact(Http2Error.REFUSED_STREAM.code()));
    }

    private static byte[] unavailable() {
        byte[] status = {0x08, 3}; // name 8 of the static table
        byte[] retryAfter = {0x0F, 53 - 15, 1}; // name 53
        return (new String(status, StandardCharsets.ISO_8859_1) + "503"
                        + new String(retryAfter, StandardCharsets.ISO_8859_1) + "1")
                .getBytes(StandardCharsets.ISO_8859_1);
    }
}
