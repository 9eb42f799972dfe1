package dev.hotcold.http.response;

import dev.hotcold.http.request.RefusedRequestException;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;

/**
 * Answers requests that reach no endpoint with problem details (RFC 9457): another shape and media type than those of lookups,
 * so that a mistyped path cannot be taken for an unknown user.
 */
public final class Problems {

    private static final CharSequence PROBLEM_JSON = HttpHeaders.createOptimized("application/problem+json");
    private static final CharSequence ALLOW = HttpHeaders.createOptimized("Allow");
    private static final CharSequence WWW_AUTHENTICATE = HttpHeaders.createOptimized("WWW-Authenticate");
    private static final CharSequence NEEDS_KEY = HttpHeaders.createOptimized("Bearer realm=\"hotcold-user-api\"");
    private static final CharSequence WRONG_KEY =
            HttpHeaders.createOptimized("Bearer realm=\"hotcold-user-api\", error=\"invalid_token\"");
    private static final String MALFORMED = "The request line or a header is invalid or too long.";
    private static final CharSequence GET_AND_HEAD = HttpHeaders.createOptimized("GET, HEAD");

    private static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("Retry-After");
    private static final CharSequence RETRY_AFTER_SECONDS = HttpHeaders.createOptimized("1");

    private Problems() {}

    /** 404 on the public port. */
    public static void noSuchRoute(HttpServerRequest request) {
        noSuchRoute(request, "The API is described at /openapi.yaml; users are at /v1/users?user_id=ID.");
    }

    /**
     * 404.
     *
     * @param routes a sentence that says which routes there are
     */
    public static void noSuchRoute(HttpServerRequest request, String routes) {
        send(request, 404, "No such route", routes);
    }

    /** 400. */
    public static void malformedMaxStaleness(HttpServerRequest request) {
        send(
                request,
                400,
                "Malformed Max-Staleness",
                "A whole number of milliseconds is needed, of up to nine digits: Max-Staleness: 500.");
    }

    /** 405. */
    public static void methodNotAllowed(HttpServerRequest request) {
        request.response().putHeader(ALLOW, GET_AND_HEAD);
        send(request, 405, "Method not allowed", "Use GET or HEAD.");
    }

    /**
     * 401.
     *
     * @param wrongKey whether the request has a key, but an unknown one
     */
    public static void unauthorized(HttpServerRequest request, boolean wrongKey) {
        request.response().putHeader(WWW_AUTHENTICATE, wrongKey ? WRONG_KEY : NEEDS_KEY);
        send(request, 401, "Unauthorized", "A known key is needed: Authorization: Bearer KEY, or X-API-Key: KEY.");
    }

    /** Mostly 400, 414 or 431: answers a request that could not be decoded. */
    public static void invalidRequest(HttpServerRequest request) {
        int status = switch (request.decoderResult().cause()) {
            case RefusedRequestException refused -> refused.status();
            case TooLongHttpLineException tooLong -> 414;
            case TooLongHttpHeaderException tooLong -> 431;
            default -> 400;
        };
        malformedRequest(request, status);
    }

    /**
     * Answers a request that breaks HTTP, exceeds a limit, or uses what this server does not have.
     *
     * @param status 400, 414, 417, 431, 501 or 505
     */
    public static void malformedRequest(HttpServerRequest request, int status) {
        switch (status) {
            case 417 -> send(request, status, "Expectation failed", "The only expectation is 100-continue.");
            case 501 -> send(request, status, "Not implemented", "The only transfer coding is chunked.");
            case 505 -> send(request, status, "HTTP version not supported", "Use HTTP/1.1 or HTTP/2.");
            default -> send(request, status, "Malformed request", MALFORMED);
        }
    }

    /** 503, because too much lies unread; over HTTP/2 without a body, which its flow control could hold back. */
    public static void tooMuchUnread(HttpServerRequest request) {
        HttpServerResponse response = request.response().putHeader(RETRY_AFTER, RETRY_AFTER_SECONDS);
        if (request.version() == HttpVersion.HTTP_2) {
            response.setStatusCode(503).end();
        } else {
            send(request, 503, "Unavailable", "Clients leave too many responses unread. Ask again later.");
        }
    }

    /** 500. */
    public static void internalError(HttpServerRequest request) {
        send(request, 500, "Internal error", "The request could not be served.");
    }

    /** The problem details as JSON. The texts are not escaped. */
    public static String body(int status, String title, String detail) {
        return "{\"type\":\"about:blank\",\"title\":\"" + title + "\",\"status\":" + status + ",\"detail\":\"" + detail
                + "\"}";
    }

    private static void send(HttpServerRequest request, int status, String title, String detail) {
        Buffer body = Buffer.buffer(body(status, title, detail));
        HttpServerResponse response = SecurityHeaders.add(request, SecurityHeaders.FOR_DATA)
                .setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, PROBLEM_JSON);
        if (HttpMethod.HEAD.equals(request.method())) {
            response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()))
                    .end();
        } else {
            response.end(body);
        }
    }
}
