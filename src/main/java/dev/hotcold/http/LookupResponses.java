package dev.hotcold.http;

import dev.hotcold.lookup.LookupResult;
import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Reason;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.lookup.StaleUser;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.vertx.core.http.HttpHeaders;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.Map;

/**
 * From what a lookup has found to what is answered.
 *
 * <p>Confined to: its event loop.
 */
final class LookupResponses {

    private static final byte[] END = "\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int LONGEST_NUMBER = 10;

    private final ResponseBodies bodies;
    private final Map<Layer, ResponseHead> found = new EnumMap<>(Layer.class);
    private final Map<Layer, ResponseHead> notFound = new EnumMap<>(Layer.class);
    private final ResponseHead foundHot;
    private final ResponseHead invalid = new ResponseHead(400, "Bad Request", null);
    private final ResponseHead failed = new ResponseHead(500, "Internal Server Error", null);
    private final ResponseHead overloaded = new ResponseHead(503, "Service Unavailable", null);

    LookupResponses(ResponseBodies bodies) {
        this.bodies = bodies;
        for (Layer layer : Layer.values()) {
            CharSequence cacheStatus = HttpHeaders.createOptimized(cacheStatus(layer));
            found.put(layer, new ResponseHead(200, "OK", cacheStatus));
            notFound.put(layer, new ResponseHead(404, "Not Found", cacheStatus));
        }
        this.foundHot = head(found, Layer.HOT);
    }

    /** The value of the Date header at this moment. */
    CharSequence date() {
        return bodies.date();
    }

    LookupResponse of(LookupResult result) {
        return switch (result) {
            case Found user ->
                new LookupResponse(
                        user.layer() == Layer.HOT ? foundHot : head(found, user.layer()),
                        bodies.found(user.user(), user.layer()));
            case StaleUser stale ->
                new LookupResponse(
                        new ResponseHead(200, "OK", cacheStatus(stale)), bodies.found(stale.user(), Layer.HOT));
            case NotFound absent -> new LookupResponse(head(notFound, absent.layer()), bodies.notFound());
            case Unavailable why ->
                why.reason() == Reason.OVERLOADED
                        ? new LookupResponse(overloaded, bodies.unavailable())
                        : new LookupResponse(failed, bodies.internalError());
        };
    }

    /** To a request that names no valid user. */
    LookupResponse invalid() {
        return new LookupResponse(invalid, bodies.invalid());
    }

    /** The whole response as HTTP/1.1 sends it; to be asked for as soon as the response is made. */
    ByteBuf toBytes(LookupResponse response, ByteBufAllocator allocator) {
        byte[] head = response.head().bytes(bodies.lastSecond(), bodies.lastDate());
        int length = response.body().length();
        ByteBuf out = allocator.directBuffer(head.length + LONGEST_NUMBER + END.length + length);
        out.writeBytes(head);
        writeNumber(length, out);
        out.writeBytes(END);
        response.body().writeTo(out);
        return out;
    }

    /** In decimal digits, without an object for them. */
    private static void writeNumber(int number, ByteBuf out) {
        int power = 1;
        while (number / power >= 10) {
            power *= 10;
        }
        for (; power > 0; power /= 10) {
            out.writeByte('0' + number / power % 10);
        }
    }

    private static ResponseHead head(Map<Layer, ResponseHead> heads, Layer layer) {
        ResponseHead head = heads.get(layer);
        if (head == null) {
            throw new IllegalStateException("no head for " + layer);
        }
        return head;
    }

    private static String cacheStatus(StaleUser stale) {
        return "redis; hit; ttl=-" + stale.since().toSeconds() + "; detail=stale";
    }

    private static String cacheStatus(Layer layer) {
        return switch (layer) {
            case HOT -> "redis; hit";
            case COLD -> "redis; fwd=miss";
            case REFRESHED -> "redis; fwd=stale";
            case COLD_ONLY -> "redis; fwd=miss; detail=unreachable";
        };
    }
}
