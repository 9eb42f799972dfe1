package dev.hotcold.hot.layout;

import java.time.Duration;

/**
 * What is stored in Redis, and for how long.
 *
 * @param timeToLive soft TTL of a user; zero = no expiry
 * @param staleTime how much longer a user is kept, to be served should the database fail; zero = not
 * @param negative when the absence of a user is noted
 * @param negativeTimeToLive how long such a note lives; positive
 * @param maxStaleness how old what is served may be, by proof; zero = nothing is demanded
 * @param feed name of the change feed that keeps it fresh
 * @param keys under which it is stored
 */
public record CacheSettings(
        Duration timeToLive,
        Duration staleTime,
        NegativeEntries negative,
        Duration negativeTimeToLive,
        Duration maxStaleness,
        String feed,
        UserKeys keys) {

    /** When the absence of a user is noted. */
    public enum NegativeEntries {
        /** While the change feed runs, which removes the note when the user is inserted. */
        AUTO,
        /** Always. */
        ON,
        /** Never. */
        OFF
    }
}
