package dev.hotcold.config;

import java.util.Map;
import java.util.Optional;

/** Settings of earlier versions that are read no more, each with what replaces it. */
final class RetiredSettings {

    /** By name; the text follows "NAME is no longer a setting: ". */
    static final Map<String, String> REPLACEMENTS =
            Map.of("CHANGE_FEED_PUBLICATION", "the publication is named as CHANGE_FEED_SLOT");

    private RetiredSettings() {}

    /** What to tell an operator who still sets this variable; empty when it never was a setting, or still is. */
    static Optional<String> warning(String name) {
        return Optional.ofNullable(REPLACEMENTS.get(name))
                .map(replacement -> name + " is no longer a setting: " + replacement);
    }
}
