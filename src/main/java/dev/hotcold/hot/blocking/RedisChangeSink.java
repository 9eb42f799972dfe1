package dev.hotcold.hot.blocking;

import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.freshness.UserChange;
import dev.hotcold.hot.connection.RedisProblems;
import dev.hotcold.hot.connection.ReplyLimits;
import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.hot.layout.CachedUserCodec;
import dev.hotcold.hot.layout.FeedNote;
import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.user.UserJson;
import io.lettuce.core.KeyValue;
import io.lettuce.core.RedisException;
import io.lettuce.core.ScriptOutputType;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.AsyncCommand;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandArgs;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

// Long: each command of a change feed, by the one connection that it has.
/**
 * Redis as the change feed sees it. What is known of the feed is a hash, {@code changefeed:NAME}: the session that may
 * apply changes, and the position up to which they are applied.
 */
final class RedisChangeSink implements ChangeSink {

    private static final Duration LEAVING = Duration.ofMillis(100);

    /** What the scripts reply. */
    private static final long DONE = 1;

    private static final long FORGOTTEN = -1;

    private static final byte[] NOTHING = {};
    private static final long MAX_VALUE_BYTES = ReplyLimits.ofThisProcess().bulkBytes();

    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final UserKeys keys;
    private final byte[] feed;
    private final RedisProblems problems;
    private boolean areScriptsLoaded;
    private final String session = UUID.randomUUID().toString();

    /** @param feed its name */
    RedisChangeSink(
            StatefulRedisConnection<byte[], byte[]> connection, UserKeys keys, String feed, RedisProblems problems) {
        this.problems = problems;
        this.connection = connection;
        this.keys = keys;
        this.feed = keys.feed(feed);
    }

    @Override
    public String session() {
        return session;
    }

    @Override
    public Followed followed() {
        try {
            List<KeyValue<byte[], byte[]>> known =
                    connection.sync().hmget(feed, ascii("session"), ascii(FeedNote.LIFE), ascii("log"));
            return new Followed(text(known.get(0)), text(known.get(1)), text(known.get(2)));
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    private static String text(KeyValue<byte[], byte[]> field) {
        return field.hasValue() ? new String(field.getValue(), StandardCharsets.UTF_8) : "";
    }

    @Override
    public Applied takeOver(String log) {
        try {
            loadScripts();
            List<byte[]> known = connection
                    .sync()
                    .eval(
                            Script.TAKE_OVER.text(),
                            ScriptOutputType.MULTI,
                            new byte[][] {feed},
                            ascii(session),
                            ascii(log));
            return new Applied(
                    text(known, 1).orElse(""),
                    text(known, 0).map(Lsn::parse),
                    text(known, 2).orElse(""));
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    private void loadScripts() {
        if (!areScriptsLoaded) {
            connection.sync().scriptLoad(Script.APPLY.text());
            connection.sync().scriptLoad(Script.BEAT.text());
            areScriptsLoaded = true;
        }
    }

    private static Optional<String> text(List<byte[]> reply, int index) {
        return Optional.ofNullable(reply.get(index)).map(bytes -> new String(bytes, StandardCharsets.UTF_8));
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }

    @Override
    public void continueWith(String log) {
        try {
            Long done = connection
                    .sync()
                    .eval(
                            Script.CONTINUE.text(),
                            ScriptOutputType.INTEGER,
                            new byte[][] {feed},
                            ascii(session),
                            log.getBytes(StandardCharsets.UTF_8));
            checkDone(done);
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    private static void checkDone(@Nullable Long done) {
        if (done != null && done == FORGOTTEN) {
            throw new HotStoreException(
                    "Redis no longer knows the change feed: a FLUSHALL or FLUSHDB, a restart without its"
                            + " data, or eviction has removed what it knew, and perhaps users too");
        }
        if (done == null || done != DONE) {
            throw new HotStoreException("another instance has taken over");
        }
    }

    @Override
    public boolean hasPosition() {
        try {
            return Boolean.TRUE.equals(connection.sync().hexists(feed, ascii("position")));
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    @Override
    public boolean holdsUsers(Runnable keepAlive) {
        try {
            return new KeyScan(connection, keys).holdsUsers(keepAlive);
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    @Override
    public boolean clearPosition() {
        try {
            Long removed = connection.sync().hdel(feed, ascii("position"));
            return removed != null && removed > 0;
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    @Override
    public CompletableFuture<?> apply(
            List<UserChange> changes, boolean refresh, Duration holdOff, @Nullable Lsn position) {
        CommandArgs<byte[], byte[]> arguments = Script.APPLY.arguments(Script.Call.BY_DIGEST, 1 + 3 * changes.size());
        arguments.addKey(feed);
        for (UserChange change : changes) {
            keys.addAll(change.id(), arguments);
        }
        arguments.add(session).add(position == null ? "" : position.toString()).add(holdOff.toMillis());
        for (UserChange change : changes) {
            arguments.addValue(refresh && change instanceof UserChange.Stored stored ? value(stored) : NOTHING);
        }
        return dispatch(arguments);
    }

    @Override
    public CompletableFuture<?> beat() {
        return dispatch(count("beat"));
    }

    @Override
    public void showLife() {
        var _ = dispatch(count(FeedNote.LIFE));
    }

    @Override
    public boolean stand() {
        return next("asked");
    }

    @Override
    public void ready() {
        try {
            loadScripts();
        } catch (RedisException failure) {
            throw refused(failure);
        }
        next(FeedNote.READY);
    }

    @Override
    public void withdraw() {
        next("withdrawn");
    }

    private boolean next(String state) {
        try {
            Long noted = connection
                    .sync()
                    .eval(
                            Script.NEXT.text(),
                            ScriptOutputType.INTEGER,
                            new byte[][] {feed},
                            ascii(session),
                            ascii(state));
            return noted != null && noted == 1;
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    @Override
    public boolean isNextReady() {
        try {
            return text(connection.sync().hmget(feed, ascii(FeedNote.NEXT)).getFirst())
                    .endsWith(" " + FeedNote.READY);
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    @Override
    public void announceEnd() {
        tell(FeedNote.LEAVING + 0);
    }

    @Override
    public void leave() {
        tell(FeedNote.LEFT);
    }

    private void tell(String end) {
        try {
            var _ = dispatch(count(FeedNote.LIFE).add(end)).get(LEAVING.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException untold) {
            // Others find out by themselves, a little later.
        }
    }

    private CommandArgs<byte[], byte[]> count(String field) {
        return Script.BEAT
                .arguments(Script.Call.BY_DIGEST, 1)
                .addKey(feed)
                .add(session)
                .add(field);
    }

    private CompletableFuture<?> dispatch(CommandArgs<byte[], byte[]> arguments) {
        AsyncCommand<byte[], byte[], Long> command = new AsyncCommand<>(new Command<>(
                Script.Call.BY_DIGEST.command(), new IntegerOutput<>(ByteArrayCodec.INSTANCE), arguments));
        connection.dispatch(command);
        return command.toCompletableFuture().handle((done, failure) -> {
            if (failure != null) {
                throw refused(failure);
            }
            checkDone(done);
            return done;
        });
    }

    /** A value that is too long to be read again is not stored, as with fills. */
    private static byte[] value(UserChange.Stored stored) {
        byte[] value = CachedUserCodec.write(new CachedUser(UserJson.encode(stored.user()), CachedUser.NO_EXPIRY));
        return value.length <= MAX_VALUE_BYTES ? value : NOTHING;
    }

    @Override
    public long flush(Runnable keepAlive) {
        try {
            return new KeyScan(connection, keys).removeUsers(keepAlive);
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    @Override
    public void endLeases(Runnable keepAlive) {
        try {
            new KeyScan(connection, keys).removeLeases(keepAlive);
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw refused(failure);
        }
    }

    private HotStoreException refused(Throwable failure) {
        return new HotStoreException("Redis: " + problems.ofFailure(failure));
    }

    @Override
    public void close() {
        var _ = connection.closeAsync();
    }
}
