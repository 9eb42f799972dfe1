package dev.hotcold.ops;

import java.util.Locale;

/** What may be degraded, by its name in {@code /readyz} and in metrics. */
public enum Component {
    /** Redis, as lookups use it. */
    REDIS,
    /** PostgreSQL, as lookups use it. */
    POSTGRES,
    /** The change feed of this instance. */
    CHANGEFEED,
    /** Continuous verification. */
    VERIFICATION,
    /** The server's certificate and its key. */
    CERTIFICATE,
    /** The authorities of clients' certificates. */
    CLIENT_AUTHORITY,
    /** The keys of callers. */
    API_KEYS;

    private final String label = name().toLowerCase(Locale.ROOT);

    /** Its name for operators. */
    public String label() {
        return label;
    }
}
