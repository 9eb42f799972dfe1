package dev.hotcold.http.request;

import dev.hotcold.http.budget.TurnBudget;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.DecoderResult;
import io.netty.handler.codec.http.DefaultHttpRequest;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.HttpMessage;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpRequest;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.util.AsciiString;
import io.netty.util.ReferenceCountUtil;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.impl.VertxHttpRequestDecoder;
import io.vertx.core.http.impl.headers.HeadersMultiMap;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes HTTP/1 requests as Vert.x does, within the rules of {@link RequestSyntax} and {@link RequestHead}, which Netty's
 * decoder does not all keep: it joins folded lines, lets blanks repeat, and reads eight bytes of body behind a request with
 * the headers of an early WebSocket draft.
 *
 * <p>A request that breaks a rule is passed on with a failure, at the byte that does, and nothing behind it is read. One with
 * a chunked body is passed on when the body has ended, so that a malformed chunk can still be answered. One that expects 100
 * (Continue) is passed on without its body and ends the connection: its response comes before the body, and the client may
 * then leave the body out.
 *
 * <p>Confined to: its connection's event loop.
 */
public final class RequestDecoder extends VertxHttpRequestDecoder {

    /** Netty knows these two names and reads a body of eight bytes behind both. */
    private static final String DRAFT_KEY = "sec-websocket-key";

    private static final AsciiString NO_DRAFT_KEY = AsciiString.cached("sec-websocket-draft-key");

    /** Whether the next bytes are of a request's head. */
    private boolean inHead = true;

    /** Whether the next line is a request line, or an empty one before it. */
    private boolean atStart = true;

    private final TurnBudget turn;
    private final int maxLineBytes;
    private final int maxHeaderBytes;
    private int headBytes;
    private boolean isHead;
    private boolean discarding;

    /** Requests that have been passed on and not been answered to their end. */
    private int unanswered;

    /** Not null while bytes wait for the response to the request before them. */
    private @Nullable ChannelHandlerContext waiting;

    /** The request whose chunked body is being read. */
    private @Nullable HttpRequest chunked;

    /** @param turn what the loop may do in one turn */
    public RequestDecoder(HttpServerOptions options, TurnBudget turn) {
        super(options);
        this.turn = turn;
        this.maxLineBytes = options.getMaxInitialLineLength();
        this.maxHeaderBytes = options.getMaxHeaderSize();
    }

    /** From now on what arrives is read and forgotten. */
    public void discard() {
        discarding = true;
    }

    @Override
    protected void decode(ChannelHandlerContext context, ByteBuf in, List<Object> out) throws Exception {
        if (discarding) {
            in.skipBytes(in.readableBytes());
            return;
        }
        if (inHead && atStart && unanswered > 0) {
            // A read may hold a thousand requests. As bytes they are small; Vert.x would keep them as objects.
            waiting = context;
            context.channel().config().setAutoRead(false);
            return;
        }
        int start = in.readerIndex();
        super.decode(context, in, out);
        if (inHead) {
            headRead(in, start, out);
        } else {
            bodyRead(out);
        }
        for (Object message : out) {
            if (message instanceof HttpRequest) {
                unanswered++;
            }
        }
    }

    /** Whether bytes wait for the response to the request before them. */
    public boolean isWaiting() {
        return waiting != null;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) throws Exception {
        if (waiting == null) {
            super.channelReadComplete(context);
        } else {
            // Netty's would read on after a read that gave no request, even with auto-read off.
            context.fireChannelReadComplete();
        }
    }

    /** The response to a request has been written to its end. */
    public void answered() {
        unanswered--;
        ChannelHandlerContext context = waiting;
        if (context != null) {
            waiting = null;
            // Vert.x has yet to take note of it, and others shall have their turn.
            turn.inLaterTurn(() -> readOn(context));
        }
    }

    private void readOn(ChannelHandlerContext context) {
        if (context.isRemoved()) {
            return;
        }
        turn.spend(TurnBudget.REQUEST);
        try {
            channelRead(context, Unpooled.EMPTY_BUFFER);
            channelReadComplete(context);
        } catch (Exception e) { // declared, not thrown: the decoder reports its own
            context.fireExceptionCaught(e);
        }
        if (waiting == null) {
            context.channel().config().setAutoRead(true);
        }
    }

    private void headRead(ByteBuf in, int start, List<Object> out) {
        HttpRequest request = out.isEmpty() ? null : (HttpRequest) out.getFirst();
        if (request != null) {
            // Of a refused request too: Vert.x would upgrade for it.
            RequestHead.ignoreUpgrade(request);
        }
        RefusedRequestException fault = checkLines(in, start);
        if (request != null && request.decoderResult().isFailure()) {
            // Netty has skipped what it has not read. The first fault counts, however the bytes arrive.
            if (fault != null) {
                request.setDecoderResult(DecoderResult.failure(fault));
            }
            discarding = true;
            return;
        }
        if (fault == null && request != null) {
            fault = RequestHead.check(request);
        }
        if (fault != null) {
            refuse(request, fault, in, out);
        } else if (request != null) {
            atStart = true;
            begin(request, out);
        }
    }

    private void begin(HttpRequest request, List<Object> out) {
        if (RequestHead.asksToClose(request)) {
            // Vert.x knows it only as the only option.
            RequestHead.closeAfter(request);
        }
        boolean hasBody = RequestHead.hasBody(request);
        if (hasBody && RequestHead.expectsContinue(request)) {
            RequestHead.closeAfter(request);
            discarding = true;
            out.add(LastHttpContent.EMPTY_LAST_CONTENT);
        } else if (hasBody) {
            inHead = false;
            if (RequestHead.isChunked(request)) {
                chunked = request;
                out.clear();
            }
        } else if (request.method().equals(HttpMethod.CONNECT)) {
            // What follows may be meant for the tunnel that there will not be.
            RequestHead.closeAfter(request);
            discarding = true;
        }
    }

    private void refuse(@Nullable HttpRequest request, RefusedRequestException fault, ByteBuf in, List<Object> out) {
        HttpRequest refused = request;
        if (refused == null) {
            refused = new DefaultHttpRequest(
                    HttpVersion.HTTP_1_1,
                    isHead ? HttpMethod.HEAD : HttpMethod.GET,
                    "/",
                    HeadersMultiMap.httpHeaders());
        }
        refused.setDecoderResult(DecoderResult.failure(fault));
        out.forEach(ReferenceCountUtil::release);
        out.clear();
        out.add(refused);
        discarding = true;
        in.skipBytes(in.readableBytes());
    }

    private void bodyRead(List<Object> out) {
        if (out.isEmpty() || !(out.getLast() instanceof HttpContent content)) {
            return;
        }
        HttpRequest request = chunked;
        DecoderResult result = content.decoderResult();
        boolean ended = content instanceof LastHttpContent;
        if (request != null) {
            out.forEach(ReferenceCountUtil::release);
            out.clear();
            if (result.isFailure()) {
                boolean isTrailer = result.cause() instanceof TooLongHttpHeaderException;
                request.setDecoderResult(
                        isTrailer ? result : DecoderResult.failure(RequestHead.malformed("a malformed chunk")));
                out.add(request);
            } else if (ended) {
                out.add(request);
                out.add(LastHttpContent.EMPTY_LAST_CONTENT);
            }
        }
        if (ended) {
            chunked = null;
            inHead = true;
            discarding = result.isFailure();
        }
    }

    /** The lines that Netty has taken since {@code start}: whole ones, unless it has failed; up to one that is too long. */
    private @Nullable RefusedRequestException checkLines(ByteBuf in, int start) {
        byte[] lines = new byte[in.readerIndex() - start];
        in.getBytes(start, lines);
        int at = 0;
        if (atStart) {
            while (at < lines.length && (lines[at] == '\r' || lines[at] == '\n')) {
                at++;
            }
        }
        while (at < lines.length) {
            int end = at;
            while (end < lines.length && lines[end] != '\n') {
                end++;
            }
            headBytes = atStart ? 0 : headBytes + end - 1 - at;
            if (end == lines.length || headBytes > maxHeaderBytes || (atStart && end - 1 - at > maxLineBytes)) {
                return null;
            }
            if (atStart) {
                isHead = RequestLines.isHead(lines, at, end - 1);
            }
            RefusedRequestException fault = atStart
                    ? RequestLines.checkRequestLine(lines, at, end - 1)
                    : RequestLines.checkHeader(lines, at, end - 1);
            if (fault != null) {
                return fault;
            }
            atStart = false;
            at = end + 1;
        }
        return null;
    }

    /** A minor version above 1 is read as 1.1 (RFC 9110, section 2.5). */
    @Override
    protected HttpMessage createMessage(String[] initialLine) {
        String version = initialLine[2];
        if (version.startsWith("HTTP/1.") && !version.equals("HTTP/1.0")) {
            initialLine[2] = "HTTP/1.1";
        }
        return super.createMessage(initialLine);
    }

    @Override
    protected AsciiString splitHeaderName(byte[] line, int start, int length) {
        AsciiString name = new AsciiString(line, start, length, true);
        if (length == DRAFT_KEY.length() + 1 && name.regionMatches(true, 0, DRAFT_KEY, 0, DRAFT_KEY.length())) {
            return NO_DRAFT_KEY;
        }
        // Netty takes some names that differ in a byte for those that it knows: Content-#ength for Content-Length.
        AsciiString known = super.splitHeaderName(line, start, length);
        return name.contentEqualsIgnoreCase(known) ? known : name;
    }
}
