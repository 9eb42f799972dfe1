package dev.hotcold.user;

/** What {@link UserId#parse} found. */
public sealed interface ParsedUserId permits UserId, ParsedUserId.Malformed {

    /** The text is no identifier. */
    enum Malformed implements ParsedUserId {
        MALFORMED
    }
}
