package dev.hotcold.config;

import java.util.Map;
import java.util.Optional;

/** Settings of earlier versions that are read no more, each with what replaces it. */
final class RetiredSettings {

    /** By name; the text follows "NAME is no longer a setting: ". */
    static final Map<String, String> REPLACEMENTS = Map.of(
            "CACHE_EARLY_REFRESH",
            "hot entries are always refreshed ahead, where CACHE_STALE_SECONDS is not 0",
            "CACHE_TTL_JITTER_PERCENT",
            "every TTL is up to 10 percent shorter, at random",
            "CHANGE_FEED_PUBLICATION",
            "the publication is named as CHANGE_FEED_SLOT",
            "HTTP_MAX_REQUEST_LINE_BYTES",
            "a request line may have half of HTTP_MAX_HEADER_BYTES",
            "PG_MAX_WAITING",
            "256 misses may wait for each of PG_MAX_CONNS");

    private RetiredSettings() {}

    /** What to tell an operator who still sets this variable; empty when it never was a setting, or still is. */
    static Optional<String> warning(String name) {
        return Optional.ofNullable(REPLACEMENTS.get(name))
                .map(replacement -> name + " is no longer a setting: " + replacement);
    }
}
