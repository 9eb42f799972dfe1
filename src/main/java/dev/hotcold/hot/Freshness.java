package dev.hotcold.hot;

import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.StaleUser;
import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserJson;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Judges whether the time of a cached user is over, or ends soon enough to read the user anew.
 *
 * <p>The latter by chance, the likelier the nearer the end: exponentially, as in Vattani, Chierichetti, Lowenstein: "Optimal
 * Probabilistic Cache Stampede Prevention" (VLDB 2015). So a user that is asked for all the time is read anew before its
 * end, by one caller out of many, and one that is asked for rarely is not read more often than it would be anyway.
 *
 * <p>Confined to: its event loop.
 */
final class Freshness {

    /** Multiples of the mean beyond which chance is nothing: e to the power of -10. */
    private static final int HORIZON = 10;

    private final Loop loop;
    private final long meanMillis;

    /**
     * @param mean how long before the end a user that is asked for all the time is read anew; zero = never
     */
    Freshness(Loop loop, Duration mean) {
        this.loop = loop;
        this.meanMillis = mean.toMillis();
    }

    /** The longest before the end of a user's time that the user is read anew. */
    Duration horizon() {
        return Duration.ofMillis(HORIZON * meanMillis);
    }

    HotRead judge(UserJson user) {
        long freshUntil = CachedValue.freshUntil(user);
        if (freshUntil == CachedValue.NO_END) {
            return new HotRead.Hit(user, false);
        }
        long left = freshUntil - loop.epochMillis();
        if (left <= 0) {
            return new StaleUser(user, Duration.ofMillis(-left));
        }
        return new HotRead.Hit(user, left < HORIZON * meanMillis && isChosen(left));
    }

    private boolean isChosen(long left) {
        return left <= -meanMillis * Math.log(1 - ThreadLocalRandom.current().nextDouble());
    }
}
