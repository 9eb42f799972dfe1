package dev.hotcold.http.response;

import dev.hotcold.user.UserJson;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * The response to one lookup: a template with the user's bytes in the middle of its body. It leaves as {@link #encode the
 * bytes of HTTP/1.1} on the fast path, or {@link #send through Vert.x}. Immutable.
 */
public final class LookupResponse {

    private static final byte[] END_OF_HEAD = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    /** Of an int. */
    private static final int MAX_DIGITS = 10;

    private final ResponseTemplate template;
    private final @Nullable UserJson user;

    /** @param user null = the body has none */
    LookupResponse(ResponseTemplate template, @Nullable UserJson user) {
        this.template = template;
        this.user = user;
    }

    /** The whole response as HTTP/1.1 sends it, in a buffer that the caller owns. */
    public ByteBuf encode(ByteBufAllocator allocator) {
        byte[] head = template.http1Head();
        int length = bodyLength();
        ByteBuf out = allocator.directBuffer(head.length + MAX_DIGITS + END_OF_HEAD.length + length);
        out.writeBytes(head);
        writeDecimal(length, out);
        out.writeBytes(END_OF_HEAD);
        out.writeBytes(template.bodyStart());
        if (user != null) {
            out.writeBytes(user.array(), user.offset(), user.length());
        }
        return out.writeBytes(template.bodyEnd());
    }

    /** Answers a request that Vert.x has read; its client has not disconnected. */
    public void send(HttpServerRequest request) {
        HttpServerResponse response = withHead(request.response());
        if (request.method().equals(HttpMethod.HEAD)) {
            response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(bodyLength()))
                    .end();
        } else {
            response.end(body());
        }
    }

    /** The same without anything that the flow control of HTTP/2 could hold back: there the headers are all. */
    public void sendUnheld(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            withHead(request.response()).end();
        } else {
            send(request);
        }
    }

    private HttpServerResponse withHead(HttpServerResponse response) {
        response.setStatusCode(template.status());
        for (ResponseTemplate.Header header : template.headers()) {
            response.putHeader(header.name(), header.value());
        }
        return response;
    }

    /** The text of the body. */
    @Override
    public String toString() {
        return body().toString();
    }

    /** How many bytes it has over HTTP/1.1, or one more or less; over HTTP/2 it has fewer. */
    public int length() {
        return template.http1Head().length + END_OF_HEAD.length + bodyLength();
    }

    private int bodyLength() {
        return template.bodyStart().length + (user == null ? 0 : user.length()) + template.bodyEnd().length;
    }

    private Buffer body() {
        Buffer buffer = Buffer.buffer(bodyLength()).appendBytes(template.bodyStart());
        if (user != null) {
            buffer.appendBytes(user.array(), user.offset(), user.length());
        }
        return buffer.appendBytes(template.bodyEnd());
    }

    /** A String for the digits would be an allocation per response. */
    private static void writeDecimal(int number, ByteBuf out) {
        int power = 1;
        while (number / power >= 10) {
            power *= 10;
        }
        for (; power > 0; power /= 10) {
            out.writeByte('0' + number / power % 10);
        }
    }
}
