package dev.hotcold.hot.blocking;

import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.hot.connection.LettuceClients;
import dev.hotcold.hot.deployment.Mark;
import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.hot.layout.CachedUserCodec;
import dev.hotcold.hot.layout.FeedNote;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.user.UserId;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What Redis holds of one user, and beside the users, key by key and with whatever flaws it has. For people: lookups read less.
 *
 * @param user the value, and how long its key lives
 * @param cached the user that the value is; empty = there is none, or it is damaged
 * @param lease who may fill the user
 * @param absence the note that there is no such user
 * @param mark whose cache it is; empty = it does not say
 * @param feed what is noted of the change feed
 */
public record RedisView(
        Entry user, Optional<CachedUser> cached, Entry lease, Entry absence, Optional<Mark> mark, Feed feed) {

    /** {@link Entry#millis} of a key that lives for ever. */
    public static final long FOREVER = -1;

    /** {@link Entry#millis} where Redis does not say. */
    public static final long UNKNOWN = -3;

    /** What a lease holds while a change forbids fills. */
    public static final String HOLD = "hold";

    /**
     * A key.
     *
     * @param value empty = there is no such key
     * @param millis how long it lives; {@link #FOREVER}, {@link #UNKNOWN}
     */
    public record Entry(Optional<String> value, long millis) {

        /** Whether there is such a key. */
        public boolean isThere() {
            return value.isPresent();
        }
    }

    /**
     * What is noted of the change feed; each "" = nothing.
     *
     * @param session that applies changes
     * @param beatsOf the session that counts beats
     * @param beat how many it has counted
     * @param position in PostgreSQL's log up to which changes are applied
     * @param log that it follows
     */
    public record Feed(String session, String beatsOf, String beat, String position, String log) {

        /** Whether the feed has gone on since: what is cached is proven to be as young as that. */
        public boolean hasGoneOnSince(Feed before) {
            return !session.isEmpty()
                    && session.equals(beatsOf)
                    && session.equals(before.session)
                    && !beat.equals(before.beat);
        }
    }

    static RedisView read(StatefulRedisConnection<byte[], byte[]> connection, UserKeys keys, UserId id, byte[] feed) {
        RedisCommands<byte[], byte[]> redis = connection.sync();
        try {
            byte[] value = redis.get(keys.user(id));
            return new RedisView(
                    new Entry(text(value), life(redis, keys.user(id))),
                    Optional.ofNullable(value == null ? null : CachedUserCodec.read(id, value)),
                    new Entry(text(redis.get(keys.lease(id))), life(redis, keys.lease(id))),
                    new Entry(text(redis.get(keys.absent(id))), life(redis, keys.absent(id))),
                    Mark.of(redis.get(keys.mark())),
                    feed(connection, feed));
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw new HotStoreException("Redis: " + LettuceClients.rootMessage(failure));
        }
    }

    static Feed feed(StatefulRedisConnection<byte[], byte[]> connection, byte[] feed) {
        try {
            List<String> fields = connection
                    .sync()
                    .hmget(
                            feed,
                            ascii("session"),
                            ascii(FeedNote.BEATS_OF),
                            ascii("beat"),
                            ascii("position"),
                            ascii("log"))
                    .stream()
                    .map(RedisView::text)
                    .toList();
            return new Feed(fields.get(0), fields.get(1), fields.get(2), fields.get(3), fields.get(4));
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw new HotStoreException("Redis: " + LettuceClients.rootMessage(failure));
        }
    }

    /** The service itself does without PTTL, which may be forbidden. */
    private static long life(RedisCommands<byte[], byte[]> redis, byte[] key) {
        try {
            return Objects.requireNonNullElse(redis.pttl(key), UNKNOWN);
        } catch (RedisCommandExecutionException forbidden) {
            return UNKNOWN;
        }
    }

    private static String text(KeyValue<byte[], byte[]> field) {
        return field.hasValue() ? new String(field.getValue(), StandardCharsets.UTF_8) : "";
    }

    private static Optional<String> text(byte @Nullable [] value) {
        return Optional.ofNullable(value).map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
