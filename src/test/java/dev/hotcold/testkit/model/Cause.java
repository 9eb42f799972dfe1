package dev.hotcold.testkit.model;

/** On whose behalf a lookup talks to its stores. */
public enum Cause {
    /** The single flight of an id. */
    CALL,
    /** The refresh of a user beyond its soft TTL. */
    REFRESH,
    /** The refresh ahead of a user close to it. */
    REFRESH_AHEAD,
    /** A lookup that bypasses the hot store; these share nothing. */
    BYPASS
}
