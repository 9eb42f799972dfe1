package dev.hotcold.hot.blocking;

import dev.hotcold.freshness.CachedUsers;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.hot.connection.LettuceClients;
import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.hot.layout.CachedUserCodec;
import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;

/**
 * What Redis holds, walked page by page.
 *
 * <p>Confined to: one thread; it may block. All its methods fail with {@link HotStoreException}.
 */
public final class RedisCachedUsers implements CachedUsers, AutoCloseable {

    private final StatefulRedisConnection<byte[], byte[]> connection;
    private ScanCursor cursor = ScanCursor.INITIAL;

    RedisCachedUsers(StatefulRedisConnection<byte[], byte[]> connection) {
        this.connection = connection;
    }

    /**
     * The next cached users on a walk through all of them. One may come twice, and one that came or went during the walk
     * may not come.
     *
     * @param about how many; there may be fewer or more, also none
     */
    @Override
    public List<UserId> next(int about) {
        try {
            KeyScanCursor<byte[]> page = connection
                    .sync()
                    .scan(cursor, ScanArgs.Builder.matches("user:*").limit(about));
            cursor = page.isFinished() ? ScanCursor.INITIAL : ScanCursor.of(page.getCursor());
            return page.getKeys().stream()
                    .map(UserKeys::idOf)
                    .filter(Objects::nonNull)
                    .toList();
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    /** Whether the walk stands at its beginning: it has not begun, or the last page was the last one. */
    @Override
    public boolean isAtStart() {
        return cursor == ScanCursor.INITIAL;
    }

    /** How many keys there are, of users and of anything else. */
    public long keys() {
        try {
            return Objects.requireNonNullElse(connection.sync().dbsize(), 0L);
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    /**
     * What is cached for these users. Those of whom nothing is cached, or something that is no user, are missing; so are
     * those beyond their soft TTL, which are kept for stale-if-error and may be old.
     */
    @Override
    public Map<UserId, UserJson> read(List<UserId> ids) {
        if (ids.isEmpty()) {
            return Map.of();
        }
        byte[][] keys = ids.stream().map(UserKeys::user).toArray(byte[][]::new);
        Map<UserId, UserJson> users = new HashMap<>();
        List<KeyValue<byte[], byte[]>> values = new ArrayList<>();
        try {
            values.addAll(connection.sync().mget(keys));
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
        long now = System.currentTimeMillis();
        for (int i = 0; i < values.size(); i++) {
            CachedUser cached = values.get(i).hasValue()
                    ? CachedUserCodec.read(ids.get(i), values.get(i).getValue())
                    : null;
            if (cached != null && cached.softExpiry() > now) {
                users.put(ids.get(i), cached.user());
            }
        }
        return users;
    }

    @Override
    public void remove(List<UserId> ids) {
        if (ids.isEmpty()) {
            return;
        }
        byte[][] keys = ids.stream()
                .flatMap(id -> Stream.of(UserKeys.user(id), UserKeys.lease(id), UserKeys.absent(id)))
                .toArray(byte[][]::new);
        // For each the token of no lease, and for how long to note an absence: not at all.
        byte[][] arguments = ids.stream()
                .flatMap(_ -> Stream.of(new byte[0], new byte[] {'0'}))
                .toArray(byte[][]::new);
        try {
            Long _ = connection.sync().eval(Script.ABSENT.text(), ScriptOutputType.INTEGER, keys, arguments);
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    private static HotStoreException refused(RuntimeException failure) {
        return new HotStoreException("Redis: " + LettuceClients.rootMessage(failure));
    }

    @Override
    public void close() {
        var _ = connection.closeAsync();
    }
}
