package dev.hotcold.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;

/**
 * Answers to requests that reach no endpoint, as problem details (RFC 9457): another shape and media type than the
 * contract's bodies, so that a mistyped path cannot be taken for an unknown user.
 */
final class Problems {

    private static final CharSequence PROBLEM_JSON = HttpHeaders.createOptimized("application/problem+json");
    private static final CharSequence ALLOW = HttpHeaders.createOptimized("Allow");
    private static final CharSequence GET_AND_HEAD = HttpHeaders.createOptimized("GET, HEAD");

    private Problems() {}

    static void noSuchRoute(HttpServerResponse response) {
        send(
                response,
                404,
                "No such route",
                "The API is described at /openapi.yaml; users are at /v1/users?user_id=ID.");
    }

    static void methodNotAllowed(HttpServerResponse response) {
        response.putHeader(ALLOW, GET_AND_HEAD);
        send(response, 405, "Method not allowed", "Use GET or HEAD.");
    }

    static void malformedRequest(HttpServerResponse response, int status) {
        send(response, status, "Malformed request", "The request line or a header is invalid or too long.");
    }

    static void internalError(HttpServerResponse response) {
        send(response, 500, "Internal error", "The request could not be served.");
    }

    private static void send(HttpServerResponse response, int status, String title, String detail) {
        response.setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, PROBLEM_JSON)
                .end("{\"type\":\"about:blank\",\"title\":\"" + title + "\",\"status\":" + status + ",\"detail\":\""
                        + detail + "\"}");
    }
}
