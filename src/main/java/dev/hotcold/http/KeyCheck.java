package dev.hotcold.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whether a request presents a key that is known.
 *
 * <p>Confined to: its event loop.
 */
final class KeyCheck {

    /** What became of it. */
    enum Verdict {
        /** A key that is known. */
        ADMITTED,
        /** No key at all. */
        KEYLESS,
        /** A key that is not known. */
        WRONG_KEY
    }

    private static final CharSequence API_KEY = HttpHeaders.createOptimized("X-API-Key");
    private static final String BEARER = "Bearer ";

    private final Supplier<ApiKeys> keys;
    private final MessageDigest sha256 = ApiKeys.sha256();

    /** @param keys those that are known at the moment */
    KeyCheck(Supplier<ApiKeys> keys) {
        this.keys = keys;
    }

    Verdict of(HttpServerRequest request) {
        return of(request.getHeader(HttpHeaders.AUTHORIZATION), request.getHeader(API_KEY));
    }

    /**
     * The bearer's token counts, or else the other header.
     *
     * @param authorization the header of that name; null = none
     * @param apiKey the header X-API-Key; null = none
     */
    Verdict of(@Nullable String authorization, @Nullable String apiKey) {
        String key = presented(authorization, apiKey);
        if (key == null || key.isEmpty()) {
            return Verdict.KEYLESS;
        }
        byte[] hash = sha256.digest(key.getBytes(StandardCharsets.UTF_8));
        return keys.get().include(hash) ? Verdict.ADMITTED : Verdict.WRONG_KEY;
    }

    private static @Nullable String presented(@Nullable String authorization, @Nullable String apiKey) {
        if (authorization != null && authorization.regionMatches(true, 0, BEARER, 0, BEARER.length())) {
            return authorization.substring(BEARER.length()).strip();
        }
        return apiKey;
    }
}
