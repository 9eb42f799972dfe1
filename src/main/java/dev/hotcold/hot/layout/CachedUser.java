package dev.hotcold.hot.layout;

import dev.hotcold.user.UserJson;

/**
 * A user as Redis holds it.
 *
 * @param user proven to be that very user
 * @param softExpiry end of the soft TTL in milliseconds since 1970, after which Redis keeps the user for stale-if-error only;
 *     {@link #NO_EXPIRY} = never
 */
public record CachedUser(UserJson user, long softExpiry) {

    /** The one encoding of "no soft TTL" between what Redis holds and a judgement of it. */
    public static final long NO_EXPIRY = Long.MAX_VALUE;

    /** How many bytes this keeps in memory, the value's. */
    public int size() {
        return user.array().length;
    }
}
