package dev.hotcold.http.fastpath;

import dev.hotcold.http.access.ApiKeyCheck;
import dev.hotcold.http.response.LookupResponses;
import dev.hotcold.lookup.Lookup;
import dev.hotcold.user.UserId;
import org.jspecify.annotations.Nullable;

/**
 * What the fast path connections of an event loop share.
 *
 * <p>Confined to: its event loop.
 *
 * @param parser reads one request at a time
 * @param keys checks requests; null = they need no key
 * @param lookup starts a lookup
 * @param onInvalidUserId called for each request without a valid user id
 */
record FastPathContext(
        LookupRequestParser parser,
        @Nullable ApiKeyCheck keys,
        UserLookup lookup,
        Runnable onInvalidUserId,
        LookupResponses responses,
        FastPathDrain drain) {

    /** Looks users up. */
    @FunctionalInterface
    interface UserLookup {

        /**
         * Starts a lookup.
         *
         * @param answer called once, within this method or later
         */
        void lookup(UserId id, Lookup.Answer answer);
    }
}
