package dev.hotcold.http.response;

import static java.util.Objects.requireNonNull;

import dev.hotcold.lookup.LookupResult.Layer;
import io.netty.handler.codec.DateFormatter;
import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.EnumMap;
import java.util.Map;

/** The templates of all kinds of responses to a lookup, for one second of one style. Immutable. */
final class ResponseTemplates {

    private static final CharSequence HIT = HttpHeaders.createOptimized("redis; hit");
    private static final CharSequence MISS = HttpHeaders.createOptimized("redis; fwd=miss");
    private static final CharSequence STALE = HttpHeaders.createOptimized("redis; fwd=stale");
    private static final CharSequence UNREACHABLE = HttpHeaders.createOptimized("redis; fwd=miss; detail=unreachable");

    private final CharSequence date;
    private final byte[] endOfHit;
    private final byte[] endOfMiss;
    private final byte[] startOfHit;
    private final Map<Layer, ResponseTemplate> found = new EnumMap<>(Layer.class);
    private final Map<Layer, ResponseTemplate> notFound = new EnumMap<>(Layer.class);
    private final ResponseTemplate invalidUserId;
    private final ResponseTemplate failed;
    private final ResponseTemplate overloaded;

    /** @param second since 1970 */
    ResponseTemplates(ResponseStyle style, long second) {
        boolean status = style == ResponseStyle.STATUS;
        Instant time = Instant.ofEpochSecond(second);
        String metadata = ",\"metadata\":{\"timestamp\":\"" + time + "\",\"version\":\"v1\"}}";
        this.date = HttpHeaders.createOptimized(DateFormatter.format(Date.from(time)));
        this.endOfHit = ascii(",\"cache_hit\":true" + metadata);
        this.endOfMiss = ascii(",\"cache_hit\":false" + metadata);
        this.startOfHit = startOfUser(status ? 200 : 0, status ? "ok:redis" : "ok");
        byte[] startOfMiss = startOfUser(status ? 200 : 0, status ? "ok:postgres" : "ok");
        byte[] absent = start(status ? 404 : 4, "not found");
        for (Layer layer : Layer.values()) {
            boolean hit = layer == Layer.HOT;
            found.put(
                    layer,
                    new ResponseTemplate(
                            200,
                            "OK",
                            date,
                            cacheStatus(layer),
                            hit ? startOfHit : startOfMiss,
                            hit ? endOfHit : endOfMiss));
            notFound.put(layer, new ResponseTemplate(404, "Not Found", date, cacheStatus(layer), absent, endOfMiss));
        }
        this.invalidUserId = failure(400, "Bad Request", start(status ? 400 : 1, "invalid user_id"));
        this.failed = failure(500, "Internal Server Error", start(status ? 500 : 5, "internal error"));
        this.overloaded = failure(503, "Service Unavailable", start(status ? 503 : 6, "unavailable"));
    }

    ResponseTemplate found(Layer layer) {
        return requireNonNull(found.get(layer));
    }

    /** @param since how long the user has been stale */
    ResponseTemplate stale(Duration since) {
        String cacheStatus = "redis; hit; ttl=-" + since.toSeconds() + "; detail=stale";
        return new ResponseTemplate(200, "OK", date, cacheStatus, startOfHit, endOfHit);
    }

    ResponseTemplate notFound(Layer layer) {
        return requireNonNull(notFound.get(layer));
    }

    /** Value of the Date header. */
    CharSequence date() {
        return date;
    }

    ResponseTemplate invalidUserId() {
        return invalidUserId;
    }

    ResponseTemplate failed() {
        return failed;
    }

    ResponseTemplate overloaded() {
        return overloaded;
    }

    private ResponseTemplate failure(int status, String reason, byte[] bodyStart) {
        return new ResponseTemplate(status, reason, date, null, bodyStart, endOfMiss);
    }

    private static CharSequence cacheStatus(Layer layer) {
        return switch (layer) {
            case HOT -> HIT;
            case COLD -> MISS;
            case REFRESHED -> STALE;
            case COLD_ONLY -> UNREACHABLE;
        };
    }

    private static byte[] startOfUser(int code, String message) {
        return ascii(text(code, message) + ",");
    }

    private static byte[] start(int code, String message) {
        return ascii(text(code, message));
    }

    private static String text(int code, String message) {
        return "{\"code\":" + code + ",\"message\":\"" + message + "\"";
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
