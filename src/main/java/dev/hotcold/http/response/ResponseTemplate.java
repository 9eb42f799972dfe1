package dev.hotcold.http.response;

import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.List;

/**
 * What all responses of one kind have in common while the second lasts: status, headers, and the parts of the body around the
 * user. Immutable, the arrays included.
 */
final class ResponseTemplate {

    /** A header field of a response. */
    record Header(CharSequence name, CharSequence value) {}

    private final int status;
    private final List<Header> headers;
    private final byte[] http1Head;
    private final byte[] bodyStart;
    private final byte[] bodyEnd;

    /**
     * @param reason the reason phrase of HTTP/1.1
     * @param headers all but Content-Length
     * @param bodyStart of the body, up to the user
     * @param bodyEnd of the body, behind the user
     */
    ResponseTemplate(int status, String reason, List<Header> headers, byte[] bodyStart, byte[] bodyEnd) {
        this.status = status;
        this.headers = List.copyOf(headers);
        this.http1Head = http1Head(status, reason, headers);
        this.bodyStart = bodyStart;
        this.bodyEnd = bodyEnd;
    }

    int status() {
        return status;
    }

    /** All headers but Content-Length, in the order in which they are sent. */
    List<Header> headers() {
        return headers;
    }

    /** The bytes of HTTP/1.1 before the number that Content-Length has. */
    byte[] http1Head() {
        return http1Head;
    }

    byte[] bodyStart() {
        return bodyStart;
    }

    byte[] bodyEnd() {
        return bodyEnd;
    }

    private static byte[] http1Head(int status, String reason, List<Header> headers) {
        StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " " + reason + "\r\n");
        for (Header header : headers) {
            head.append(header.name()).append(": ").append(header.value()).append("\r\n");
        }
        head.append(HttpHeaders.CONTENT_LENGTH).append(": ");
        return head.toString().getBytes(StandardCharsets.US_ASCII);
    }
}
