package dev.hotcold.config;

import java.util.Locale;

/**
 * What one setting came to.
 *
 * @param name the variable
 * @param shownValue the value in effect, secrets masked
 * @param origin where that value came from
 */
public record Effective(String name, String shownValue, Origin origin) {

    /** Where a value in effect came from. */
    public enum Origin {
        /** The variable is unset. */
        DEFAULT,
        /** The variable, or the URL in REDIS_ADDR that says the same. */
        ENVIRONMENT,
        /** The server is unset, so this process starts its own. */
        EMBEDDED;

        /** The name in lower case, for people. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }
}
