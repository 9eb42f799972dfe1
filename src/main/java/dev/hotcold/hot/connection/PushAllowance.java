package dev.hotcold.hot.connection;

import org.jspecify.annotations.Nullable;

/**
 * How many pushes Redis may send: no command bounds them, and each costs the event loop time.
 *
 * <p>Confined to: the event loop of its connection.
 */
final class PushAllowance {

    private static final double SECOND = 1e9;

    /** What a flush of the near cache counts for: it costs more than a key, and is rare. */
    private static final int KEYS_OF_A_FLUSH = 1000;

    /**
     * The most.
     *
     * @param invalidationsAtOnce keys of the near cache
     * @param invalidationsPerSecond of these, in the long run
     * @param othersPerMinute pushes of any other kind, none of which the service asks for
     */
    record Limits(int invalidationsAtOnce, int invalidationsPerSecond, int othersPerMinute) {

        /**
         * A change of all users invalidates what the near cache keeps and what it kept of late, as fast as the change is applied.
         *
         * @param nearEntries of the near cache
         */
        static Limits keeping(int nearEntries) {
            return new Limits(Math.max(50_000, 2 * nearEntries), Math.max(20_000, nearEntries / 5), 60);
        }
    }

    private final Limits limits;
    private long invalidatedAt;
    private double invalidations;
    private long minuteBegan;
    private int others;

    PushAllowance(Limits limits) {
        this.limits = limits;
    }

    /**
     * A push has come.
     *
     * @param elements at all depths: the kind of an invalidation and its list, and then its keys
     * @param nanos the time, by any clock that does not jump
     * @return why that is too many, in words that go on "Redis"; null = it is not
     */
    @Nullable String came(boolean isInvalidation, long elements, long nanos) {
        return isInvalidation ? invalidated(elements > 2 ? elements - 2 : KEYS_OF_A_FLUSH, nanos) : other(nanos);
    }

    /** A bucket that leaks: what is in it is due to invalidations of late. */
    private @Nullable String invalidated(long keys, long nanos) {
        if (invalidations > 0) {
            invalidations -= limits.invalidationsPerSecond() * ((nanos - invalidatedAt) / SECOND);
        }
        invalidatedAt = nanos;
        invalidations = Math.max(0, invalidations) + keys;
        return invalidations > limits.invalidationsAtOnce()
                ? "sent more than " + limits.invalidationsAtOnce() + " invalidations at once"
                : null;
    }

    private @Nullable String other(long nanos) {
        if (others == 0 || nanos - minuteBegan >= 60 * SECOND) {
            minuteBegan = nanos;
            others = 0;
        }
        return ++others > limits.othersPerMinute()
                ? "sent more than " + limits.othersPerMinute()
                        + " pushes in a minute that the service has not asked for"
                : null;
    }
}
