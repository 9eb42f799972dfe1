package dev.hotcold.hot.blocking;

import dev.hotcold.freshness.CachedUsers;
import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.hot.connection.RedisProblems;
import dev.hotcold.hot.connection.ReplyLimits;
import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.hot.layout.CachedUserCodec;
import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.lettuce.core.KeyScanCursor;
import io.lettuce.core.KeyValue;
import io.lettuce.core.LettuceFutures;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisFuture;
import io.lettuce.core.ScanArgs;
import io.lettuce.core.ScanCursor;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What Redis holds, walked page by page.
 *
 * <p>Confined to: one thread; it may block. All its methods fail with {@link HotStoreException}.
 */
public final class RedisCachedUsers implements CachedUsers, AutoCloseable {

    private static final long PART_BYTES = 1 << 20;
    private static final long MAX_VALUE_BYTES = ReplyLimits.ofThisProcess().bulkBytes();

    /** One script must not keep Redis from all else for long. */
    private static final int REMOVED_AT_ONCE = 200;

    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final UserKeys keys;
    private final Deployment deployment;
    private final RedisProblems problems;
    private ScanCursor cursor = ScanCursor.INITIAL;

    RedisCachedUsers(
            StatefulRedisConnection<byte[], byte[]> connection,
            UserKeys keys,
            Deployment deployment,
            RedisProblems problems) {
        this.problems = problems;
        this.connection = connection;
        this.keys = keys;
        this.deployment = deployment;
    }

    /**
     * The next cached users, and those noted as absent, on a walk through all of them. One may come twice, and one that came or went during the walk
     * may not come.
     *
     * @param about how many; there may be fewer or more, also none
     */
    @Override
    public List<UserId> next(int about) {
        return next(about, this::idOf);
    }

    /** The same, and with them those who may be being filled. */
    public List<UserId> nextWithLeased(int about) {
        return next(about, key -> {
            UserId id = idOf(key);
            return id != null ? id : keys.idOfLease(key);
        });
    }

    private List<UserId> next(int about, Function<byte[], @Nullable UserId> named) {
        ClaimedCache.check(connection, keys, deployment, problems);
        try {
            KeyScanCursor<byte[]> page = connection
                    .sync()
                    .scan(cursor, ScanArgs.Builder.matches(keys.patternOfAll()).limit(about));
            cursor = page.isFinished() ? ScanCursor.INITIAL : ScanCursor.of(page.getCursor());
            return page.getKeys().stream()
                    .map(named)
                    .filter(Objects::nonNull)
                    .distinct()
                    .toList();
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    private @Nullable UserId idOf(byte[] key) {
        UserId id = keys.idOf(key);
        return id != null ? id : keys.idOfAbsent(key);
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

    @Override
    public List<List<UserId>> inParts(List<UserId> ids) {
        List<List<UserId>> parts = new ArrayList<>();
        List<UserId> part = new ArrayList<>();
        long bytes = 0;
        Iterator<Long> lengths = lengths(ids).iterator();
        for (UserId id : ids) {
            long length = lengths.next();
            if (length > MAX_VALUE_BYTES) {
                continue;
            }
            if (!part.isEmpty() && bytes + length > PART_BYTES) {
                parts.add(part);
                part = new ArrayList<>();
                bytes = 0;
            }
            part.add(id);
            bytes += length;
        }
        if (!part.isEmpty()) {
            parts.add(part);
        }
        return parts;
    }

    /** Of what is stored for each; 0 = nothing, or something that is no user. */
    private List<Long> lengths(List<UserId> ids) {
        List<RedisFuture<Long>> replies;
        // All at once: a system call for each would take longer than all else.
        connection.setAutoFlushCommands(false);
        try {
            replies = ids.stream()
                    .map(id -> connection.async().strlen(keys.user(id)))
                    .toList();
            connection.flushCommands();
        } finally {
            connection.setAutoFlushCommands(true);
        }
        List<Long> lengths = new ArrayList<>();
        for (RedisFuture<Long> reply : replies) {
            try {
                lengths.add(LettuceFutures.awaitOrCancel(
                        reply, connection.getTimeout().toNanos(), TimeUnit.NANOSECONDS));
            } catch (RedisCommandExecutionException noText) {
                lengths.add(0L);
            } catch (RedisException failure) {
                throw refused(failure);
            }
        }
        return lengths;
    }

    /**
     * What is cached for these users. Those of whom nothing is cached, or something that is no user, are missing; so are
     * those beyond their soft TTL, which are kept for stale-if-error and may be old.
     */
    @Override
    public Map<UserId, Optional<UserJson>> read(List<UserId> ids) {
        return read(ids, System.currentTimeMillis());
    }

    @Override
    public Map<UserId, Optional<UserJson>> readAll(List<UserId> ids) {
        return read(ids, 0);
    }

    /** @param now users whose soft TTL was over by then are missing, in milliseconds since 1970 */
    private Map<UserId, Optional<UserJson>> read(List<UserId> ids, long now) {
        if (ids.isEmpty()) {
            return Map.of();
        }
        byte[][] read = Stream.concat(ids.stream().map(keys::user), ids.stream().map(keys::absent))
                .toArray(byte[][]::new);
        List<KeyValue<byte[], byte[]>> values;
        try {
            values = connection.sync().mget(read);
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
        Map<UserId, Optional<UserJson>> users = new HashMap<>();
        for (int i = 0; i < ids.size(); i++) {
            UserId id = ids.get(i);
            CachedUser cached = values.get(i).hasValue()
                    ? CachedUserCodec.read(id, values.get(i).getValue())
                    : null;
            if (cached != null && cached.softExpiry() > now) {
                users.put(id, Optional.of(cached.user()));
            } else if (cached == null && values.get(ids.size() + i).hasValue()) {
                users.put(id, Optional.empty());
            }
        }
        return users;
    }

    @Override
    public void remove(List<UserId> ids) {
        var _ = removeCached(ids);
    }

    /**
     * The same as {@link #remove}.
     *
     * @return those of whom something was cached: the user, or a note of absence
     */
    public Set<UserId> removeCached(List<UserId> ids) {
        Set<UserId> removed = new LinkedHashSet<>();
        for (int from = 0; from < ids.size(); from += REMOVED_AT_ONCE) {
            removePart(ids.subList(from, Math.min(ids.size(), from + REMOVED_AT_ONCE)), removed);
        }
        return removed;
    }

    private void removePart(List<UserId> ids, Set<UserId> removed) {
        byte[][] names = ids.stream()
                .flatMap(id -> Stream.of(keys.user(id), keys.lease(id), keys.absent(id)))
                .toArray(byte[][]::new);
        try {
            List<Long> cached = connection.sync().eval(Script.REMOVE.text(), ScriptOutputType.MULTI, names);
            for (int i = 0; i < ids.size(); i++) {
                if (cached.get(i) > 0) {
                    removed.add(ids.get(i));
                }
            }
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    private HotStoreException refused(RuntimeException failure) {
        return new HotStoreException("Redis: " + problems.ofFailure(failure));
    }

    @Override
    public void close() {
        var _ = connection.closeAsync();
    }
}
