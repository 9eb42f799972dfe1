package dev.hotcold.http.access;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether a request presents a known key.
 *
 * <p>Confined to: its event loop.
 */
public final class ApiKeyCheck {

    /** The outcome. */
    public enum Verdict {
        /** The key is known. */
        ADMITTED,
        /** There is no key. */
        NO_KEY,
        /** The key is not known. */
        UNKNOWN_KEY
    }

    private static final CharSequence API_KEY = HttpHeaders.createOptimized("X-API-Key");
    private static final String BEARER = "Bearer ";

    private final Supplier<ApiKeys> keys;
    private final MessageDigest sha256 = ApiKeys.sha256();

    /** @param keys the keys in effect, at each call */
    public ApiKeyCheck(Supplier<ApiKeys> keys) {
        this.keys = keys;
    }

    /** Checks the headers of a request. */
    public Verdict check(HttpServerRequest request) {
        return check(request.getHeader(HttpHeaders.AUTHORIZATION), request.getHeader(API_KEY));
    }

    /**
     * Checks the bearer token, or else the other header.
     *
     * @param authorization value of the first Authorization header; null = none
     * @param apiKey value of the first X-API-Key header; null = none
     */
    public Verdict check(@Nullable String authorization, @Nullable String apiKey) {
        String key = presented(authorization, apiKey);
        if (key == null || key.isEmpty()) {
            return Verdict.NO_KEY;
        }
        byte[] hash = sha256.digest(key.getBytes(StandardCharsets.UTF_8));
        return keys.get().include(hash) ? Verdict.ADMITTED : Verdict.UNKNOWN_KEY;
    }

    private static @Nullable String presented(@Nullable String authorization, @Nullable String apiKey) {
        if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return authorization.substring(BEARER.length()).strip();
        }
        return apiKey;
    }
}
