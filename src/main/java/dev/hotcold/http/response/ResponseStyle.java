package dev.hotcold.http.response;

/** What {@code code} and {@code message} of a response to a lookup say; the other members are the same in both styles. */
public enum ResponseStyle {
    /** {@code code} repeats the HTTP status and {@code message} names the layer that answered. */
    STATUS,
    /** {@code code} is 0 for success or a small number for each kind of failure; {@code message} is "ok". */
    COMPACT
}
