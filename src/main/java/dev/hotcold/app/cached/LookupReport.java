package dev.hotcold.app.cached;

import dev.hotcold.app.cached.UserLayers.Cold;
import dev.hotcold.app.cached.UserLayers.Hot;
import dev.hotcold.hot.blocking.RedisView;
import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.log.Printable;
import dev.hotcold.user.User;
import dev.hotcold.user.UserJson;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is told of a user, layer by layer, to people and to programs. */
record LookupReport(UserLayers layers, Verdict verdict, long now) {

    private static final String NONE = "none";

    /** For people: a line for each thing. */
    String text() {
        Map<String, String> lines = new LinkedHashMap<>();
        switch (layers.redis()) {
            case Hot.Failed failed -> lines.put("Redis", failed.why());
            case Hot.Seen(RedisView view) -> putRedis(view, lines);
        }
        switch (layers.postgres()) {
            case Cold.Failed failed -> lines.put("PostgreSQL", failed.why());
            case Cold.Seen seen -> {
                lines.put("PostgreSQL table", seen.deployment().toString());
                lines.put("PostgreSQL row", seen.user().map(LookupReport::json).orElse("no such user"));
            }
        }
        lines.put("both agree", verdict.agreement());
        lines.put("a lookup now", verdict.answer() + ": " + verdict.why());
        int width = lines.keySet().stream().mapToInt(String::length).max().orElse(0);
        StringBuilder text = new StringBuilder();
        lines.forEach((label, value) -> text.append(("%-" + width + "s  ").formatted(label))
                .append(Printable.line(value))
                .append('\n'));
        return text.toString();
    }

    private void putRedis(RedisView view, Map<String, String> lines) {
        String value = view.user().value().orElse(NONE);
        lines.put("Redis value", view.user().isThere() && view.cached().isEmpty() ? "damaged: " + value : value);
        if (view.user().isThere()) {
            lines.put("Redis soft TTL", view.cached().map(this::softTtl).orElse(NONE));
            lines.put("Redis hard TTL", life(view.user()));
        }
        lines.put(
                "Redis lease",
                view.lease()
                        .value()
                        .map(holder -> (holder.equals(RedisView.HOLD) ? "a change forbids fills, " : "held, ")
                                + life(view.lease()))
                        .orElse(NONE));
        lines.put("Redis note of absence", view.absence().isThere() ? life(view.absence()) : NONE);
        lines.put(
                "Redis has the cache of",
                layers.refusal()
                        .map(refusal -> "another deployment: " + refusal)
                        .orElse(view.mark().isEmpty() ? "nobody, as far as it says" : "this deployment"));
        RedisView.Feed feed = view.feed();
        lines.put(
                "change feed",
                feed.session().isEmpty()
                        ? "none has run"
                        : "applied up to " + (feed.position().isEmpty() ? "an unknown position" : feed.position())
                                + " of log " + feed.log() + ", beat " + feed.beat() + ", "
                                + (layers.isProven() ? "going on" : "not going on"));
    }

    private String softTtl(CachedUser cached) {
        if (cached.softExpiry() == CachedUser.NO_EXPIRY) {
            return NONE;
        }
        long left = cached.softExpiry() - now;
        return left > 0 ? seconds(left) + " left" : "over for " + seconds(-left);
    }

    private static String life(RedisView.Entry entry) {
        if (entry.millis() == RedisView.FOREVER) {
            return "for ever";
        }
        return entry.millis() < 0 ? "Redis does not say how long" : seconds(entry.millis()) + " left";
    }

    private static String seconds(long millis) {
        return "%.1f s".formatted(millis / 1000.0);
    }

    private static String json(User user) {
        return "{" + UserJson.encode(user) + "}";
    }

    /** For programs. */
    JsonObject json() {
        JsonObject json = new JsonObject().put("user_id", layers.id().value());
        switch (layers.redis()) {
            case Hot.Failed failed -> json.put("redis", new JsonObject().put("error", failed.why()));
            case Hot.Seen(RedisView view) -> json.put("redis", redis(view));
        }
        switch (layers.postgres()) {
            case Cold.Failed failed -> json.put("postgresql", new JsonObject().put("error", failed.why()));
            case Cold.Seen seen ->
                json.put(
                        "postgresql",
                        new JsonObject()
                                .put("table", seen.deployment().table())
                                .put("database", seen.deployment().database())
                                .put("system", seen.deployment().system())
                                .put(
                                        "user",
                                        seen.user()
                                                .map(user -> new JsonObject(json(user)))
                                                .orElse(null)));
        }
        return json.put("agreement", verdict.agreement())
                .put(
                        "lookup",
                        new JsonObject()
                                .put("answer", verdict.answer().toString())
                                .put("why", verdict.why()));
    }

    private JsonObject redis(RedisView view) {
        RedisView.Feed feed = view.feed();
        return new JsonObject()
                .put("value", view.user().value().orElse(null))
                .put("is_valid", view.cached().isPresent())
                .put(
                        "soft_ttl_ms",
                        view.cached()
                                .filter(cached -> cached.softExpiry() != CachedUser.NO_EXPIRY)
                                .map(cached -> cached.softExpiry() - now)
                                .orElse(null))
                .put("hard_ttl_ms", millis(view.user()))
                .put("lease", view.lease().value().orElse(null))
                .put("lease_ms", millis(view.lease()))
                .put("is_noted_absent", view.absence().isThere())
                .put("absence_ms", millis(view.absence()))
                .put("is_marked", view.mark().isPresent())
                .put("refusal", layers.refusal().orElse(null))
                .put(
                        "change_feed",
                        new JsonObject()
                                .put("session", feed.session())
                                .put("position", feed.position())
                                .put("log", feed.log())
                                .put("beat", feed.beat())
                                .put("is_going_on", layers.isProven()));
    }

    /** null = it does not end, or there is no such key. */
    private static @Nullable Long millis(RedisView.Entry entry) {
        return entry.isThere() && entry.millis() >= 0 ? (Long) entry.millis() : null;
    }
}
