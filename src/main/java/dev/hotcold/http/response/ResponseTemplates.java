package dev.hotcold.http.response;

import static java.util.Objects.requireNonNull;

import dev.hotcold.http.response.ResponseTemplate.Header;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.StaleUser;
import io.netty.handler.codec.DateFormatter;
import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Date;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The templates of all kinds of responses to a lookup, for one second of one style. Immutable. */
final class ResponseTemplates {

    private static final CharSequence JSON = HttpHeaders.createOptimized("application/json; charset=utf-8");
    private static final CharSequence CACHE_STATUS = HttpHeaders.createOptimized("Cache-Status");
    private static final CharSequence CACHE_CONTROL = HttpHeaders.createOptimized("Cache-Control");
    private static final CharSequence RETRY_AFTER = HttpHeaders.createOptimized("Retry-After");
    private static final CharSequence RETRY_AFTER_SECONDS = HttpHeaders.createOptimized("1");
    private static final CharSequence HIT = HttpHeaders.createOptimized("redis; hit");
    private static final CharSequence MISS = HttpHeaders.createOptimized("redis; fwd=miss");
    private static final CharSequence STALE = HttpHeaders.createOptimized("redis; fwd=stale");
    private static final CharSequence UNREACHABLE = HttpHeaders.createOptimized("redis; fwd=miss; detail=unreachable");

    private final LookupHeaders headers;
    private final CharSequence date;
    private final byte[] endOfHit;
    private final byte[] endOfMiss;
    private final byte[] startOfHit;
    private final byte[] startOfMiss;
    private final Map<Layer, ResponseTemplate> found = new EnumMap<>(Layer.class);
    private final Map<Layer, ResponseTemplate> notFound = new EnumMap<>(Layer.class);
    private final ResponseTemplate invalidUserId;
    private final ResponseTemplate failed;
    private final ResponseTemplate overloaded;

    /**
     * @param headers that all have
     * @param second since 1970
     */
    ResponseTemplates(ResponseStyle style, LookupHeaders headers, long second) {
        this.headers = headers;
        boolean status = style == ResponseStyle.STATUS;
        Instant time = Instant.ofEpochSecond(second);
        String metadata = ",\"metadata\":{\"timestamp\":\"" + time + "\",\"version\":\"v1\"}}";
        this.date = HttpHeaders.createOptimized(DateFormatter.format(Date.from(time)));
        this.endOfHit = ascii(",\"cache_hit\":true" + metadata);
        this.endOfMiss = ascii(",\"cache_hit\":false" + metadata);
        this.startOfHit = startOfUser(status ? 200 : 0, status ? "ok:redis" : "ok");
        this.startOfMiss = startOfUser(status ? 200 : 0, status ? "ok:postgres" : "ok");
        byte[] absent = start(status ? 404 : 4, "not found");
        for (Layer layer : Layer.values()) {
            found.put(layer, user(layer, headers.ofUsers()));
            List<Header> ofAbsent = headers(404, cacheStatus(layer), LookupHeaders.NO_STORE);
            notFound.put(layer, new ResponseTemplate(404, "Not Found", ofAbsent, absent, endOfMiss));
        }
        this.invalidUserId = failure(400, "Bad Request", start(status ? 400 : 1, "invalid user_id"));
        this.failed = failure(500, "Internal Server Error", start(status ? 500 : 5, "internal error"));
        this.overloaded = failure(503, "Service Unavailable", start(status ? 503 : 6, "unavailable"));
    }

    ResponseTemplate found(Layer layer) {
        return requireNonNull(found.get(layer));
    }

    /** For a caller who wanted no cache to answer: none shall keep it for the next. */
    ResponseTemplate foundForOneCaller(Layer layer) {
        return headers.mayKeepUsers() ? user(layer, LookupHeaders.NO_STORE) : found(layer);
    }

    ResponseTemplate stale(StaleUser user) {
        String cacheStatus = user.isUnproven()
                ? "redis; hit; detail=unproven"
                : "redis; hit; ttl=-" + user.since().toSeconds() + "; detail=stale";
        List<Header> ofStale = headers(200, cacheStatus, LookupHeaders.NO_STORE);
        return new ResponseTemplate(200, "OK", ofStale, startOfHit, endOfHit);
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

    private ResponseTemplate user(Layer layer, CharSequence cacheControl) {
        List<Header> ofUser = headers(200, cacheStatus(layer), cacheControl);
        return layer == Layer.HOT
                ? new ResponseTemplate(200, "OK", ofUser, startOfHit, endOfHit)
                : new ResponseTemplate(200, "OK", ofUser, startOfMiss, endOfMiss);
    }

    private ResponseTemplate failure(int status, String reason, byte[] bodyStart) {
        return new ResponseTemplate(
                status, reason, headers(status, null, LookupHeaders.NO_STORE), bodyStart, endOfMiss);
    }

    /** @param cacheStatus value of the Cache-Status header; null = the response has none */
    private List<Header> headers(int status, @Nullable CharSequence cacheStatus, CharSequence cacheControl) {
        List<Header> all = new ArrayList<>();
        if (status == 503) {
            all.add(new Header(RETRY_AFTER, RETRY_AFTER_SECONDS));
        }
        all.add(new Header(HttpHeaders.CONTENT_TYPE, JSON));
        all.add(new Header(HttpHeaders.DATE, date));
        if (cacheStatus != null) {
            all.add(new Header(CACHE_STATUS, cacheStatus));
        }
        all.add(new Header(CACHE_CONTROL, cacheControl));
        all.addAll(headers.ofAll());
        return all;
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
