package dev.hotcold.matrix;

/**
 * What the service makes of a cell.
 *
 * @param reason why it is no more than that, in its own words; may be ""
 */
public record Outcome(Kind kind, String reason) {

    /** What becomes of users in a cell, from the best to none. */
    public enum Kind {
        /** A change replaces the cached user. */
        VALUES,
        /** A change removes the cached user. */
        REMOVALS,
        /** Users are served, and changes show when the TTL is over. */
        SERVED,
        /** The service does not start. */
        REFUSED
    }
}
