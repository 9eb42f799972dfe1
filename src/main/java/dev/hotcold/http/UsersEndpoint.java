package dev.hotcold.http;

import dev.hotcold.http.access.ApiKeyCheck;
import dev.hotcold.http.budget.UnreadResponses;
import dev.hotcold.http.request.MaxStaleness;
import dev.hotcold.http.request.UserIdParameter;
import dev.hotcold.http.response.LookupHeaders;
import dev.hotcold.http.response.LookupResponse;
import dev.hotcold.http.response.LookupResponses;
import dev.hotcold.http.response.Problems;
import dev.hotcold.user.ParsedUserId.Malformed;
import dev.hotcold.user.UserId;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/users?user_id=ID} as Vert.x reads it: the lookups that the fast path leaves.
 *
 * <p>Confined to: its event loop.
 */
final class UsersEndpoint {

    /** The directive, also in a list. */
    private static final Pattern NO_CACHE = Pattern.compile("(?:^|,)\\s*no-cache\\s*(?:$|,)", Pattern.CASE_INSENSITIVE);

    private final LookupResponses responses;
    private final @Nullable ApiKeyCheck keys;
    private final boolean bypass;
    private final LookupHeaders headers;
    private final CrossOrigin crossOrigin;
    private final ApiBackend backend;

    /** @param keys checks requests; null = they need no key */
    UsersEndpoint(ApiBackend backend, LookupResponses responses, @Nullable ApiKeyCheck keys, HttpSettings settings) {
        this.backend = backend;
        this.responses = responses;
        this.keys = keys;
        this.bypass = settings.bypass();
        this.headers = settings.lookupHeaders();
        this.crossOrigin = new CrossOrigin(settings.access().origins(), headers);
    }

    /** @param query of the request target; null = none */
    void handle(HttpServerRequest request, @Nullable String query) {
        // A preflight presents no key.
        if (crossOrigin.answers(request) || (keys != null && !admit(request, keys))) {
            return;
        }
        HttpMethod method = request.method();
        if (!method.equals(HttpMethod.GET) && !method.equals(HttpMethod.HEAD)) {
            headers.addTo(request.response());
            Problems.methodNotAllowed(request);
            return;
        }
        switch (UserIdParameter.parse(query)) {
            case UserId id -> lookup(request, id);
            case Malformed ignored -> {
                backend.lookups().lookupRejected();
                respond(request, responses.invalidUserId());
            }
        }
    }

    private void respond(HttpServerRequest request, LookupResponse response) {
        if (request.response().closed()) {
            return;
        }
        UnreadResponses unread = UnreadResponses.of(request);
        if (unread.hasRoomFor(response.length(), request)) {
            unread.answered(request, response.length());
            response.send(request);
        } else {
            unread.refuse();
            refuse(request, unread);
        }
    }

    private void refuse(HttpServerRequest request, UnreadResponses unread) {
        LookupResponse refusal = responses.overloaded();
        if (unread.hasRoomFor(refusal.length(), request)) {
            unread.answered(request, refusal.length());
            refusal.send(request);
        } else {
            refusal.sendUnheld(request);
        }
    }

    /** Answers the request unless it presents a known key. */
    private boolean admit(HttpServerRequest request, ApiKeyCheck check) {
        ApiKeyCheck.Verdict verdict = check.check(request);
        if (verdict != ApiKeyCheck.Verdict.ADMITTED) {
            backend.refusals().requestUnauthorized();
            headers.addTo(request.response());
            Problems.unauthorized(request, verdict == ApiKeyCheck.Verdict.UNKNOWN_KEY);
            return false;
        }
        return true;
    }

    private void lookup(HttpServerRequest request, UserId id) {
        if (bypass && isNoCache(request)) {
            backend.lookup().lookupBypassingHot(id, result -> respond(request, responses.ofBypass(result)));
            return;
        }
        List<String> demands = request.headers().getAll(MaxStaleness.NAME);
        if (demands.isEmpty()) {
            backend.lookup().lookup(id, result -> respond(request, responses.of(result)));
            return;
        }
        Optional<Duration> most = MaxStaleness.parse(demands);
        if (most.isPresent()) {
            backend.lookup().lookupNoOlderThan(id, most.get(), result -> respond(request, responses.ofBypass(result)));
        } else {
            headers.addTo(request.response());
            Problems.malformedMaxStaleness(request);
        }
    }

    /** Several fields are one list. */
    private static boolean isNoCache(HttpServerRequest request) {
        return request.headers().getAll(HttpHeaders.CACHE_CONTROL).stream()
                .anyMatch(directives -> NO_CACHE.matcher(directives).find());
    }
}
