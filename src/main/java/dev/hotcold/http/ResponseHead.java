package dev.hotcold.http;

import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Status and headers of a kind of response to a lookup. As HTTP/1.1 sends them they are laid out once a second, for then the
 * Date header changes.
 *
 * <p>Confined to: its event loop.
 */
final class ResponseHead {

    static final CharSequence CONTENT_TYPE = HttpHeaders.createOptimized("application/json; charset=utf-8");
    static final CharSequence CACHE_STATUS = HttpHeaders.createOptimized("Cache-Status");
    static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("Retry-After");
    static final CharSequence RETRY_AFTER_SECONDS = HttpHeaders.createOptimized("1");

    private final int status;
    private final String reason;
    private final @Nullable CharSequence cacheStatus;
    private long second = Long.MIN_VALUE;
    private byte[] bytes = {};

    /**
     * @param reason what HTTP/1.1 says behind the status
     * @param cacheStatus null = the response has none
     */
    ResponseHead(int status, String reason, @Nullable CharSequence cacheStatus) {
        this.status = status;
        this.reason = reason;
        this.cacheStatus = cacheStatus;
    }

    int status() {
        return status;
    }

    @Nullable CharSequence cacheStatus() {
        return cacheStatus;
    }

    /** Whether the client is told to come again. */
    boolean tellsToRetry() {
        return status == 503;
    }

    /**
     * All bytes before the length of the body. Not to be changed.
     *
     * @param now the second that it is, since 1970
     * @param date the Date header of that second
     */
    byte[] bytes(long now, CharSequence date) {
        if (now != second) {
            second = now;
            bytes = ("HTTP/1.1 " + status + " " + reason + "\r\n"
                            + (tellsToRetry() ? RETRY_AFTER + ": " + RETRY_AFTER_SECONDS + "\r\n" : "")
                            + HttpHeaders.CONTENT_TYPE + ": " + CONTENT_TYPE + "\r\n"
                            + HttpHeaders.DATE + ": " + date + "\r\n"
                            + (cacheStatus == null ? "" : CACHE_STATUS + ": " + cacheStatus + "\r\n")
                            + HttpHeaders.CONTENT_LENGTH + ": ")
                    .getBytes(StandardCharsets.US_ASCII);
        }
        return bytes;
    }
}
