package dev.hotcold.http;

import dev.hotcold.lookup.Lookup;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupResult;
import dev.hotcold.user.ParsedUserId.Malformed;
import dev.hotcold.user.UserId;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/users?user_id=ID}: from request to lookup to response.
 *
 * <p>Confined to: its event loop.
 */
final class UsersEndpoint {

    static final String PATH = "/v1/users";

    /** The directive, in a list of others perhaps. */
    private static final Pattern NO_CACHE = Pattern.compile("(?:^|,)\\s*no-cache\\s*(?:$|,)", Pattern.CASE_INSENSITIVE);

    private final Lookup lookup;
    private final LookupObserver observer;
    private final LookupResponses responses;
    private final boolean bypass;
    private final @Nullable KeyCheck keys;
    private final RefusalObserver refusals;

    /**
     * @param bypass whether a request may ask for the database's own answer
     * @param keys what requests are checked by; null = anybody may ask
     */
    UsersEndpoint(
            Lookup lookup,
            LookupObserver observer,
            LookupResponses responses,
            boolean bypass,
            @Nullable KeyCheck keys,
            RefusalObserver refusals) {
        this.lookup = lookup;
        this.observer = observer;
        this.responses = responses;
        this.bypass = bypass;
        this.keys = keys;
        this.refusals = refusals;
    }

    /** @param query of the request target; null = none */
    void handle(HttpServerRequest request, @Nullable String query) {
        if (keys != null && !isAdmitted(request, keys)) {
            return;
        }
        HttpMethod method = request.method();
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            Problems.methodNotAllowed(request);
            return;
        }
        switch (UserIdParameter.parse(query)) {
            case UserId id -> lookup(request, id, result -> send(request, responses.of(result)));
            case Malformed ignored -> {
                observer.lookupRejected();
                send(request, responses.invalid());
            }
        }
    }

    /** Answers the request if it is not. */
    private boolean isAdmitted(HttpServerRequest request, KeyCheck check) {
        KeyCheck.Verdict verdict = check.of(request);
        if (verdict != KeyCheck.Verdict.ADMITTED) {
            refusals.requestUnauthorized();
            Problems.unauthorized(request, verdict == KeyCheck.Verdict.WRONG_KEY);
            return false;
        }
        return true;
    }

    private void lookup(HttpServerRequest request, UserId id, Consumer<LookupResult> answer) {
        if (bypass && asksForBypass(request)) {
            lookup.lookupBypassingHot(id, answer);
        } else {
            lookup.lookup(id, answer);
        }
    }

    private static boolean asksForBypass(HttpServerRequest request) {
        String directives = request.getHeader(HttpHeaders.CACHE_CONTROL);
        return directives != null && NO_CACHE.matcher(directives).find();
    }

    /** A response that cannot be written any more, because its client has gone, is nobody's loss. */
    private void send(HttpServerRequest request, LookupResponse answer) {
        HttpServerResponse response = request.response();
        if (response.closed()) {
            return;
        }
        ResponseHead head = answer.head();
        response.setStatusCode(head.status());
        if (head.tellsToRetry()) {
            response.putHeader(ResponseHead.RETRY_AFTER, ResponseHead.RETRY_AFTER_SECONDS);
        }
        response.putHeader(HttpHeaders.CONTENT_TYPE, ResponseHead.CONTENT_TYPE)
                .putHeader(HttpHeaders.DATE, responses.date());
        CharSequence cacheStatus = head.cacheStatus();
        if (cacheStatus != null) {
            response.putHeader(ResponseHead.CACHE_STATUS, cacheStatus);
        }
        if (request.method().equals(HttpMethod.HEAD)) {
            response.putHeader(
                            HttpHeaders.CONTENT_LENGTH,
                            Integer.toString(answer.body().length()))
                    .end();
        } else {
            response.end(answer.body().toBuffer());
        }
    }
}
