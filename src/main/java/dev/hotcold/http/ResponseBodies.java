package dev.hotcold.http;

import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserJson;
import io.netty.handler.codec.DateFormatter;
import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;

/**
 * The bytes of every response body: all that does not change is laid out beforehand, and the time is written anew once a
 * second.
 *
 * <p>Confined to: its event loop.
 */
final class ResponseBodies {

    private final Loop loop;
    private final byte[] foundHot;
    private final byte[] foundCold;
    private final byte[] invalid;
    private final byte[] notFound;
    private final byte[] internalError;
    private final byte[] unavailable;

    private long second = Long.MIN_VALUE;
    private byte[] afterHit = {};
    private byte[] afterMiss = {};
    private CharSequence date = "";

    ResponseBodies(ResponseStyle style, Loop loop) {
        this.loop = loop;
        boolean status = style == ResponseStyle.STATUS;
        this.foundHot = ascii(status ? "{\"code\":200,\"message\":\"ok:redis\"," : "{\"code\":0,\"message\":\"ok\",");
        this.foundCold =
                ascii(status ? "{\"code\":200,\"message\":\"ok:postgres\"," : "{\"code\":0,\"message\":\"ok\",");
        this.invalid = failure(status ? 400 : 1, "invalid user_id");
        this.notFound = failure(status ? 404 : 4, "not found");
        this.internalError = failure(status ? 500 : 5, "internal error");
        this.unavailable = failure(status ? 503 : 6, "unavailable");
    }

    /** The value of the Date header. */
    CharSequence date() {
        renewTime();
        return date;
    }

    /** The second that the body made last tells, since 1970. */
    long lastSecond() {
        return second;
    }

    /** The value of the Date header in that second. */
    CharSequence lastDate() {
        return date;
    }

    /** A user was found. */
    ResponseBody found(UserJson user, Layer layer) {
        renewTime();
        return layer == Layer.HOT
                ? new ResponseBody(foundHot, user, afterHit)
                : new ResponseBody(foundCold, user, afterMiss);
    }

    /** The request names no valid user. */
    ResponseBody invalid() {
        return failed(invalid);
    }

    /** There is no such user. */
    ResponseBody notFound() {
        return failed(notFound);
    }

    /** Nobody could say. */
    ResponseBody internalError() {
        return failed(internalError);
    }

    /** Too much is asked at once. */
    ResponseBody unavailable() {
        return failed(unavailable);
    }

    private ResponseBody failed(byte[] head) {
        renewTime();
        return new ResponseBody(head, null, afterMiss);
    }

    private void renewTime() {
        long now = Math.floorDiv(loop.epochMillis(), 1000);
        if (now != second) {
            second = now;
            Instant time = Instant.ofEpochSecond(now);
            String metadata = ",\"metadata\":{\"timestamp\":\"" + time + "\",\"version\":\"v1\"}}";
            date = HttpHeaders.createOptimized(DateFormatter.format(Date.from(time)));
            afterHit = ascii(",\"cache_hit\":true" + metadata);
            afterMiss = ascii(",\"cache_hit\":false" + metadata);
        }
    }

    private static byte[] failure(int code, String message) {
        return ascii("{\"code\":" + code + ",\"message\":\"" + message + "\"");
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
