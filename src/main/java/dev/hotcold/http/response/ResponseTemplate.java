package dev.hotcold.http.response;

import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What all responses of one kind have in common while the second lasts: status, headers, and the parts of the body around the
 * user. Immutable, the arrays included.
 */
final class ResponseTemplate {

    /** A header field of a response. */
    record Header(CharSequence name, CharSequence value) {}

    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json; charset=utf-8");
    private static final CharSequence CACHE_STATUS = HttpHeaders.createOptimized("Cache-Status");
    private static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("Retry-After");
    private static final CharSequence RETRY_AFTER_SECONDS = HttpHeaders.createOptimized("1");

    private final int status;
    private final List<Header> headers;
    private final byte[] http1Head;
    private final byte[] bodyStart;
    private final byte[] bodyEnd;

    /**
     * @param reason the reason phrase of HTTP/1.1
     * @param date value of the Date header
     * @param cacheStatus value of the Cache-Status header; null = the response has none
     * @param bodyStart of the body, up to the user
     * @param bodyEnd of the body, behind the user
     */
    ResponseTemplate(
            int status,
            String reason,
            CharSequence date,
            @Nullable CharSequence cacheStatus,
            byte[] bodyStart,
            byte[] bodyEnd) {
        this.status = status;
        this.headers = headers(status, date, cacheStatus);
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

    private static List<Header> headers(int status, CharSequence date, @Nullable CharSequence cacheStatus) {
        List<Header> headers = new ArrayList<>();
        if (status == 503) {
            headers.add(new Header(RETRY_AFTER, RETRY_AFTER_SECONDS));
        }
        headers.add(new Header(HttpHeaders.CONTENT_TYPE, JSON));
        headers.add(new Header(HttpHeaders.DATE, date));
        if (cacheStatus != null) {
            headers.add(new Header(CACHE_STATUS, cacheStatus));
        }
        return List.copyOf(headers);
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
