package dev.hotcold.hot.layout;

import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.StaleUser;
import dev.hotcold.loop.Loop;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.BooleanSupplier;

/**
 * Judges whether the soft TTL of a cached user is over, or ends so soon that the user is to be refreshed ahead.
 *
 * <p>The latter by chance, the likelier the nearer the end: exponentially, as in Vattani, Chierichetti, Lowenstein: "Optimal
 * Probabilistic Cache Stampede Prevention" (VLDB 2015). So a hot key is refreshed before its end by one caller out of many,
 * and one that is rarely read costs no more reads of the database than it would anyway.
 *
 * <p>And whether it is provably as young as is demanded; what is not counts as one whose soft TTL is over.
 *
 * <p>Confined to: its event loop.
 */
public final class SoftTtl {

    /** Multiples of the mean beyond which chance is nothing: e to the power of -10. */
    private static final int HORIZON = 10;

    private final Loop loop;
    private final long meanMillis;
    private final BooleanSupplier isYoungEnough;

    /**
     * @param mean how long before the end a key that is read all the time is refreshed; zero = never
     * @param isYoungEnough whether what is read now is as young as is demanded
     */
    public SoftTtl(Loop loop, Duration mean, BooleanSupplier isYoungEnough) {
        this.loop = loop;
        this.meanMillis = mean.toMillis();
        this.isYoungEnough = isYoungEnough;
    }

    /** Whether what is read now is as young as is demanded. */
    public boolean isYoungEnough() {
        return isYoungEnough.getAsBoolean();
    }

    /** The longest before the end of the soft TTL that a user is refreshed. */
    public Duration horizon() {
        return Duration.ofMillis(HORIZON * meanMillis);
    }

    /** A hit, or a stale user. */
    public HotRead judge(CachedUser cached) {
        boolean expires = cached.softExpiry() != CachedUser.NO_EXPIRY;
        long left = expires ? cached.softExpiry() - loop.epochMillis() : Long.MAX_VALUE;
        if (left <= 0) {
            return new StaleUser(cached.user(), Duration.ofMillis(-left));
        }
        if (!isYoungEnough()) {
            return StaleUser.unproven(cached.user());
        }
        return new HotRead.Hit(cached.user(), left < HORIZON * meanMillis && isChosen(left));
    }

    private boolean isChosen(long left) {
        return left <= -meanMillis * Math.log(1 - ThreadLocalRandom.current().nextDouble());
    }
}
