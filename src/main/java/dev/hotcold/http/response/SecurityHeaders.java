package dev.hotcold.http.response;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/** Headers by which a browser keeps a response to this origin: on pages and problems, not on lookups, which no page shows. */
public final class SecurityHeaders {

    /** Loads nothing from other origins. Swagger UI sets style attributes and embeds its icons as data. */
    public static final CharSequence FOR_PAGES = HttpHeaders.createOptimized("default-src 'none'; script-src 'self'; "
            + "connect-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; "
            + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'");

    /** Loads nothing. */
    public static final CharSequence FOR_DATA =
            HttpHeaders.createOptimized("default-src 'none'; frame-ancestors 'none'");

    private static final CharSequence CONTENT_SECURITY_POLICY = HttpHeaders.createOptimized("Content-Security-Policy");
    private static final CharSequence CONTENT_TYPE_OPTIONS = HttpHeaders.createOptimized("X-Content-Type-Options");
    private static final CharSequence NOSNIFF = HttpHeaders.createOptimized("nosniff");
    private static final CharSequence FRAME_OPTIONS = HttpHeaders.createOptimized("X-Frame-Options");
    private static final CharSequence DENY = HttpHeaders.createOptimized("DENY");
    private static final CharSequence REFERRER_POLICY = HttpHeaders.createOptimized("Referrer-Policy");
    private static final CharSequence NO_REFERRER = HttpHeaders.createOptimized("no-referrer");

    private SecurityHeaders() {}

    /**
     * Adds the headers to the response to a request.
     *
     * @param policy the Content-Security-Policy
     */
    public static HttpServerResponse add(HttpServerRequest request, CharSequence policy) {
        return request.response()
                .putHeader(CONTENT_SECURITY_POLICY, policy)
                .putHeader(CONTENT_TYPE_OPTIONS, NOSNIFF)
                .putHeader(FRAME_OPTIONS, DENY)
                .putHeader(REFERRER_POLICY, NO_REFERRER);
    }
}
