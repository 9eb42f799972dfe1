package dev.hotcold.lookup;

import dev.hotcold.user.UserJson;
import java.time.Duration;

/** The outcome of a lookup. */
public sealed interface LookupResult {

    /** Where an answer came from. */
    enum Layer {
        /** The hot store held it. */
        HOT,
        /** The hot store held nothing; the cold store answered. */
        COLD,
        /** The hot store held the user beyond its time; the cold store answered. */
        REFRESHED,
        /** The hot store could not say; the cold store answered. */
        COLD_ALONE
    }

    /** There is such a user. */
    record Found(UserJson user, Layer layer) implements LookupResult {}

    /**
     * There was such a user: the hot store held it beyond its time, and the cold store did not answer or not soon.
     *
     * @param since for how long the time has been over
     */
    record Stale(UserJson user, Duration since) implements LookupResult {}

    /** There is no such user. */
    record NotFound(Layer layer) implements LookupResult {}

    /** Nobody could say. */
    record Unavailable(Reason reason) implements LookupResult {}

    /** Why nobody could say. */
    enum Reason {
        /** A store failed, or something unforeseen happened. */
        FAILED,
        /** The budget was spent. */
        TIMED_OUT,
        /** More lookups wait than can be served; asking again later makes sense. */
        OVERLOADED
    }
}
