package dev.hotcold.hot.blocking;

import dev.hotcold.hot.layout.UserKeys;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.api.StatefulRedisConnection;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Predicate;

/**
 * Finds and removes keys by a walk through all that Redis holds.
 *
 * <p>Confined to: one thread, which it blocks. Its methods fail as Lettuce does.
 */
final class KeyScan {

    private static final int SCAN_COUNT = 1000;
    private static final byte[] SESSION = "session".getBytes(StandardCharsets.US_ASCII);

    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final UserKeys keys;

    KeyScan(StatefulRedisConnection<byte[], byte[]> connection, UserKeys keys) {
        this.connection = connection;
        this.keys = keys;
    }

    /**
     * Leases before users: once a first pass has ended the leases of old, a fill of what was read before has either
     * been stored, where the next pass finds it, or will be dropped.
     *
     * @param keepAlive called every now and then
     * @return how many users there were
     */
    long removeUsers(Runnable keepAlive) {
        removeLeases(keepAlive);
        long users = remove(keys.patternOfUsers(), key -> keys.idOf(key) != null, keepAlive);
        var _ = remove(keys.patternOfAbsences(), key -> keys.idOfAbsent(key) != null, keepAlive);
        return users;
    }

    /** Ends all leases. */
    void removeLeases(Runnable keepAlive) {
        var _ = remove(keys.patternOfLeases(), key -> keys.idOfLease(key) != null, keepAlive);
    }

    /** Whether there is any user. */
    boolean holdsUsers(Runnable keepAlive) {
        return walk(keys.patternOfUsers(), key -> keys.idOf(key) != null, keepAlive, users -> false);
    }

    /** What is known of change feeds: their owners are owners no more. */
    void removeFeeds(Runnable keepAlive) {
        var _ = remove(keys.patternOfFeeds(), this::isFeed, keepAlive);
    }

    /** Others may have a key that begins alike. */
    private boolean isFeed(byte[] key) {
        try {
            return Boolean.TRUE.equals(connection.sync().hexists(key, SESSION));
        } catch (RedisCommandExecutionException isNoHash) {
            return false;
        }
    }

    /**
     * Removes keys.
     *
     * @param isOurs tells our keys from those of others that look alike
     * @return how many
     */
    private long remove(String pattern, Predicate<byte[]> isOurs, Runnable keepAlive) {
        LongAdder removed = new LongAdder();
        var _ = walk(pattern, isOurs, keepAlive, found -> {
            removed.add(connection.sync().unlink(found));
            return true;
        });
        return removed.sum();
    }

    /**
     * Walks through all keys.
     *
     * @param goesOn called with some of ours; whether to look for more
     * @return whether it was told to stop
     */
    private boolean walk(String pattern, Predicate<byte[]> isOurs, Runnable keepAlive, Predicate<byte[][]> goesOn) {
        ScanArgs args = ScanArgs.Builder.matches(pattern).limit(SCAN_COUNT);
        ScanCursor cursor = ScanCursor.INITIAL;
        do {
            KeyScanCursor<byte[]> page = connection.sync().scan(cursor, args);
            byte[][] ours = page.getKeys().stream().filter(isOurs).toArray(byte[][]::new);
            if (ours.length > 0 && !goesOn.test(ours)) {
                return true;
            }
            cursor = page;
            keepAlive.run();
        } while (!cursor.isFinished());
        return false;
    }
}
