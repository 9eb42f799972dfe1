package dev.hotcold.lookup;

import dev.hotcold.user.UserJson;

/** The outcome of a lookup. */
public sealed interface LookupResult
        permits LookupResult.Found, StaleUser, LookupResult.NotFound, LookupResult.Unavailable {

    /** Where an answer came from. */
    enum Layer {
        /** The hot store held it. */
        HOT,
        /** The hot store held nothing; the cold store answered. */
        COLD,
        /** The hot store held the user beyond its soft TTL; the cold store answered. */
        REFRESHED,
        /** The hot store was unavailable; the cold store answered. */
        COLD_ONLY
    }

    /** There is such a user. */
    record Found(UserJson user, Layer layer) implements LookupResult {}

    /** There is no such user. */
    record NotFound(Layer layer) implements LookupResult {}

    /** Neither store could answer. */
    record Unavailable(Reason reason) implements LookupResult {}

    /** Why there is no answer. */
    enum Reason {
        /** A store failed, or something unforeseen happened. */
        FAILED,
        /** The budget was spent. */
        TIMED_OUT,
        /** More lookups wait than can be served; trying again later makes sense. */
        OVERLOADED
    }
}
