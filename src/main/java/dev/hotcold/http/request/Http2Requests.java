package dev.hotcold.http.request;

import static io.netty.handler.codec.http2.Http2Error.INTERNAL_ERROR;
import static io.netty.handler.codec.http2.Http2Error.PROTOCOL_ERROR;
import static io.netty.handler.codec.http2.Http2Exception.streamError;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.Http2Connection;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameListenerDecorator;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2Stream;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Refuses malformed HTTP/2 requests before Vert.x sees them: the stream is reset with PROTOCOL_ERROR, and the connection goes
 * on (RFC 9113, section 8.1.1). Netty has checked names, the order of pseudo-headers, headers of the connection, and
 * Content-Length against the data.
 *
 * <p>Confined to: its connection's event loop.
 */
public final class Http2Requests extends Http2FrameListenerDecorator {

    private static final Logger LOG = LoggerFactory.getLogger(Http2Requests.class);

    private final Http2ConnectionHandler handler;
    private final Http2Connection.PropertyKey begun;

    private Http2Requests(Http2ConnectionHandler handler) {
        super(handler.decoder().frameListener());
        this.handler = handler;
        this.begun = handler.connection().newKey();
    }

    /**
     * Checks the requests of a connection.
     *
     * @param channel of an HTTP/2 connection that has carried no request
     */
    public static void install(Channel channel) {
        Http2ConnectionHandler handler = channel.pipeline().get(Http2ConnectionHandler.class);
        handler.decoder().frameListener(new Http2Requests(handler));
    }

    @Override
    public void onHeadersRead(
            ChannelHandlerContext context, int streamId, Http2Headers headers, int padding, boolean endOfStream)
            throws Http2Exception {
        if (isWellFormed(context, streamId, headers)) {
            try {
                super.onHeadersRead(context, streamId, headers, padding, endOfStream);
            } catch (RuntimeException e) {
                throw unforeseen(streamId, e);
            }
        }
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
        if (isWellFormed(context, streamId, headers)) {
            try {
                super.onHeadersRead(
                        context, streamId, headers, streamDependency, weight, exclusive, padding, endOfStream);
            } catch (RuntimeException e) {
                throw unforeseen(streamId, e);
            }
        }
    }

    /** One request must not end the connection of the others. */
    private static Http2Exception unforeseen(int streamId, RuntimeException cause) {
        return streamError(streamId, INTERNAL_ERROR, cause, "request not served");
    }

    private boolean isWellFormed(ChannelHandlerContext context, int streamId, Http2Headers headers) {
        Http2Stream stream = handler.connection().stream(streamId);
        if (stream == null || stream.getProperty(begun) != null) {
            // Trailers: read and forgotten.
            return true;
        }
        stream.setProperty(begun, Boolean.TRUE);
        String fault = fault(headers);
        if (fault == null) {
            return true;
        }
        LOG.debug("An HTTP/2 request is malformed: {}", fault);
        // At once, not when the reset is written: should that fail, Vert.x would be told of a stream it does not know.
        stream.close();
        // By the encoder, which ends the connection of a client that provokes too many.
        var _ = handler.encoder().writeRstStream(context, streamId, PROTOCOL_ERROR.code(), context.newPromise());
        return false;
    }

    private static @Nullable String fault(Http2Headers headers) {
        if (!isToken(headers.method())) {
            return "not a method";
        }
        String fault = "CONNECT".contentEquals(headers.method()) ? connectFault(headers) : targetFault(headers);
        return fault == null ? headerFault(headers) : fault;
    }

    /** RFC 9113, section 8.5. */
    private static @Nullable String connectFault(Http2Headers headers) {
        boolean valid = headers.scheme() == null && headers.path() == null && headers.authority() != null;
        return valid ? null : "not a request to connect";
    }

    /** RFC 9113, section 8.3.1. */
    private static @Nullable String targetFault(Http2Headers headers) {
        CharSequence path = headers.path();
        if (!isToken(headers.scheme()) || path == null) {
            return "no scheme or no path";
        }
        byte[] target = RequestSyntax.bytes(path);
        boolean asterisk = target.length == 1 && target[0] == '*' && "OPTIONS".contentEquals(headers.method());
        boolean valid = RequestSyntax.isTarget(target, 0, target.length) && (target[0] == '/' || asterisk);
        return valid ? null : "not a path";
    }

    private static @Nullable String headerFault(Http2Headers headers) {
        CharSequence authority = headers.authority();
        List<CharSequence> hosts = headers.getAll(HttpHeaderNames.HOST);
        if (authority == null && hosts.isEmpty()) {
            return "neither an authority nor Host";
        }
        if (authority != null && !RequestSyntax.isHost(authority)) {
            return "not an authority";
        }
        if (hosts.size() > 1 || (hosts.size() == 1 && !isHost(hosts.getFirst(), authority))) {
            return "not one valid Host that agrees with the authority";
        }
        if (authority != null) {
            // Vert.x would compare them again, and with regard to case.
            headers.remove(HttpHeaderNames.HOST);
        }
        for (Map.Entry<CharSequence, CharSequence> header : headers) {
            if (!Http2Headers.PseudoHeaderName.hasPseudoHeaderFormat(header.getKey()) && !isToken(header.getKey())) {
                return "not the name of a header";
            }
            if (!isValue(header.getValue())) {
                return "not the value of a header";
            }
        }
        return null;
    }

    /** Without blanks around it (RFC 9113, section 8.2.1). */
    private static boolean isValue(CharSequence text) {
        byte[] value = RequestSyntax.bytes(text);
        return RequestSyntax.isValue(value, 0, value.length)
                && (value.length == 0 || (!isBlank(value[0]) && !isBlank(value[value.length - 1])));
    }

    private static boolean isBlank(byte octet) {
        return octet == ' ' || octet == '\t';
    }

    private static boolean isHost(CharSequence host, @Nullable CharSequence authority) {
        return RequestSyntax.isHost(host)
                && (authority == null || authority.toString().equalsIgnoreCase(host.toString()));
    }

    private static boolean isToken(@Nullable CharSequence text) {
        if (text == null) {
            return false;
        }
        byte[] bytes = RequestSyntax.bytes(text);
        return RequestSyntax.isToken(bytes, 0, bytes.length);
    }
}
