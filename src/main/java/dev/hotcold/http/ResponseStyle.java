package dev.hotcold.http;

/** The two dialects of the response body; both carry the same fields. */
public enum ResponseStyle {
    /** {@code code} repeats the HTTP status and {@code message} names the layer that answered. */
    STATUS,
    /** {@code code} is 0 for success or a small number for each kind of failure; {@code message} is "ok". */
    COMPACT
}
