package dev.hotcold.http;

import dev.hotcold.lookup.Lookup;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupResult;
import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Reason;
import dev.hotcold.lookup.LookupResult.Stale;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.user.ParsedUserId.Malformed;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
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

    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json; charset=utf-8");
    private static final CharSequence CACHE_STATUS = HttpHeaders.createOptimized("Cache-Status");
    private static final CharSequence HIT = HttpHeaders.createOptimized("redis; hit");
    private static final CharSequence MISS = HttpHeaders.createOptimized("redis; fwd=miss");
    private static final CharSequence REFRESHED = HttpHeaders.createOptimized("redis; fwd=stale");
    private static final CharSequence NO_REDIS = HttpHeaders.createOptimized("redis; fwd=miss; detail=unreachable");
    private static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("Retry-After");
    private static final CharSequence ONE_SECOND = HttpHeaders.createOptimized("1");

    private final Lookup lookup;
    private final LookupObserver observer;
    private final ResponseBodies bodies;
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
            ResponseBodies bodies,
            boolean bypass,
            @Nullable KeyCheck keys,
            RefusalObserver refusals) {
        this.lookup = lookup;
        this.observer = observer;
        this.bodies = bodies;
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
            case UserId id -> lookup(request, id).onSuccess(result -> respond(request, result));
            case Malformed ignored -> {
                observer.lookupRejected();
                send(request, 400, null, bodies.invalid());
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

    private Future<LookupResult> lookup(HttpServerRequest request, UserId id) {
        return bypass && asksForBypass(request) ? lookup.lookupBypassingHot(id) : lookup.lookup(id);
    }

    private static boolean asksForBypass(HttpServerRequest request) {
        String directives = request.getHeader(HttpHeaders.CACHE_CONTROL);
        return directives != null && NO_CACHE.matcher(directives).find();
    }

    private void respond(HttpServerRequest request, LookupResult result) {
        switch (result) {
            case Found found ->
                send(request, 200, cacheStatus(found.layer()), bodies.found(found.user(), found.layer()));
            case Stale stale -> send(request, 200, cacheStatus(stale), bodies.found(stale.user(), Layer.HOT));
            case NotFound absent -> send(request, 404, cacheStatus(absent.layer()), bodies.notFound());
            case Unavailable failed -> {
                if (failed.reason() == Reason.OVERLOADED) {
                    request.response().putHeader(RETRY_AFTER, ONE_SECOND);
                    send(request, 503, null, bodies.unavailable());
                } else {
                    send(request, 500, null, bodies.internalError());
                }
            }
        }
    }

    /** A response that cannot be written any more, because its client has gone, is nobody's loss. */
    private void send(HttpServerRequest request, int status, @Nullable CharSequence cacheStatus, Buffer body) {
        HttpServerResponse response = request.response();
        if (response.closed()) {
            return;
        }
        response.setStatusCode(status)
                .putHeader(HttpHeaders.CONTENT_TYPE, JSON)
                .putHeader(HttpHeaders.DATE, bodies.date());
        if (cacheStatus != null) {
            response.putHeader(CACHE_STATUS, cacheStatus);
        }
        if (request.method().equals(HttpMethod.HEAD)) {
            response.putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()))
                    .end();
        } else {
            response.end(body);
        }
    }

    private static CharSequence cacheStatus(Stale stale) {
        return "redis; hit; ttl=-" + stale.since().toSeconds() + "; detail=stale";
    }

    private static CharSequence cacheStatus(Layer layer) {
        return switch (layer) {
            case HOT -> HIT;
            case COLD -> MISS;
            case REFRESHED -> REFRESHED;
            case COLD_ALONE -> NO_REDIS;
        };
    }
}
