package dev.hotcold.app;

import dev.hotcold.testkit.Response;
import io.vertx.core.json.JsonObject;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Which ids lookups are for. */
enum LookupKind {
    /** A few users that are in Redis. */
    HIT("hits", "h"),
    /** Users that were never looked up before. */
    MISS("misses", "m"),
    /** Ids without a user; each is looked up once. */
    UNKNOWN("unknown ids", "x");

    private static final int HITS = 20;

    private final String title;
    private final String prefix;

    LookupKind(String title, String prefix) {
        this.title = title;
        this.prefix = prefix;
    }

    /** As a column of a table says it. */
    String title() {
        return title;
    }

    /** What its ids begin with. */
    String prefix() {
        return prefix;
    }

    /** Whether PostgreSQL has these users. */
    boolean isStored() {
        return this != UNKNOWN;
    }

    /** The ids of a kind that has only a few. */
    Stream<String> ids() {
        return IntStream.range(0, HITS).mapToObj(i -> prefix + i);
    }

    /** @param number that was not used for another lookup */
    String id(long number) {
        return prefix + (this == HIT ? number % HITS : number);
    }

    /** Whether a response is what such a lookup gets while nothing is at fault. */
    boolean isAsEver(Response response) {
        String cacheStatus = response.header("Cache-Status");
        return switch (this) {
            case HIT ->
                response.status() == 200 && cacheStatus.startsWith("redis; hit") && !cacheStatus.contains("detail=");
            case MISS -> response.status() == 200 && cacheStatus.equals("redis; fwd=miss");
            case UNKNOWN -> response.status() == 404 && cacheStatus.equals("redis; fwd=miss");
        };
    }

    /** Whether a response says the truth about a user, wherever it is from. */
    boolean isRight(String userId, Response response) {
        if (!isStored()) {
            return response.status() == 404;
        }
        JsonObject body = new JsonObject(response.body());
        return response.status() == 200
                && userId.equals(body.getString("user_id"))
                && ("app://" + userId).equals(body.getString("deeplink"))
                && ("promo " + userId).equals(body.getString("promo_message"));
    }
}
