package dev.hotcold.http;

import dev.hotcold.http.access.AllowedOrigins;
import dev.hotcold.http.response.LookupHeaders;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.List;

/**
 * Lets pages of other origins look users up from a browser: CORS, as the Fetch standard has it. Never with credentials: the
 * service knows no cookies, and a page has to know its key to send it. Immutable.
 */
final class CrossOrigin {

    private static final CharSequence METHODS = HttpHeaders.createOptimized("GET, HEAD");

    /** Those that a lookup heeds and that a page may not send unasked. */
    private static final CharSequence HEADERS =
            HttpHeaders.createOptimized("Authorization, X-API-Key, Cache-Control, Max-Staleness");

    /** Two hours: no browser remembers the answer to a preflight for longer than a day, Chrome for no longer than this. */
    private static final CharSequence MAX_AGE_SECONDS = HttpHeaders.createOptimized("7200");

    private final AllowedOrigins origins;
    private final LookupHeaders ofAll;

    /** @param ofAll headers of every response to a lookup */
    CrossOrigin(AllowedOrigins origins, LookupHeaders ofAll) {
        this.origins = origins;
        this.ofAll = ofAll;
    }

    /**
     * Lets the page read the response to its request, if its origin is allowed, and answers a preflight. A request of another
     * origin is answered as if it had none: the browser keeps the response from the page.
     *
     * @return whether the request is answered
     */
    boolean answers(HttpServerRequest request) {
        if (!isAllowed(request)) {
            return false;
        }
        HttpServerResponse response = request.response();
        if (origins.areListed()) {
            LookupHeaders.allow(request.getHeader(HttpHeaders.ORIGIN), response);
        }
        boolean preflight = request.method().equals(HttpMethod.OPTIONS)
                && request.headers().contains(HttpHeaders.ACCESS_CONTROL_REQUEST_METHOD);
        if (preflight) {
            ofAll.addTo(response);
            response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_METHODS, METHODS)
                    .putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_HEADERS, HEADERS)
                    .putHeader(HttpHeaders.ACCESS_CONTROL_MAX_AGE, MAX_AGE_SECONDS)
                    .setStatusCode(204)
                    .end();
        }
        return preflight;
    }

    private boolean isAllowed(HttpServerRequest request) {
        if (origins.areNone()) {
            return false;
        }
        List<String> all = request.headers().getAll(HttpHeaders.ORIGIN);
        return all.size() == 1 && origins.include(all.getFirst());
    }
}
