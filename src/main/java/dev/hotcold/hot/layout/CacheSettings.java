package dev.hotcold.hot.layout;

import java.time.Duration;

/**
 * What is stored in Redis, and for how long.
 *
 * @param timeToLive soft TTL of a user; zero = no expiry
 * @param staleTime how much longer a user is kept, to be served should the database fail; zero = not
 * @param refreshAhead whether a user that is asked for is refreshed shortly before its soft TTL ends
 * @param jitterPercent each user's soft TTL is up to this much shorter, so that what was stored together does not expire
 *     together; 0 to 90
 * @param negative when the absence of a user is noted
 * @param negativeTimeToLive how long such a note lives; positive
 */
public record CacheSettings(
        Duration timeToLive,
        Duration staleTime,
        boolean refreshAhead,
        int jitterPercent,
        NegativeEntries negative,
        Duration negativeTimeToLive) {

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
