package dev.hotcold.hot.blocking;

import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.hot.connection.LettuceClients;
import dev.hotcold.hot.deployment.Mark;
import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.user.UserId;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.NestedMultiOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Looks at what a Redis has, and tries what the service does with it, on keys that are nobody's.
 *
 * <p>Confined to: one thread, which it blocks. Its methods fail with {@link HotStoreException} when Redis is gone.
 */
public final class RedisProbe implements AutoCloseable {

    /** A field that no feed notes. */
    private static final String FIELD = "probe";

    private final StatefulRedisConnection<byte[], byte[]> connection;
    private final UserKeys keys;
    private final byte[] feed;

    RedisProbe(StatefulRedisConnection<byte[], byte[]> connection, UserKeys keys, String feed) {
        this.connection = connection;
        this.keys = keys;
        this.feed = keys.feed(feed);
    }

    /**
     * What the user that is logged in may not do.
     *
     * @param patterns of keys, as ACL SETUSER takes them
     * @param commands likewise
     */
    public record Lacking(Set<String> patterns, Set<String> commands) {

        /** Whether nothing is lacking. */
        public boolean isNothing() {
            return patterns.isEmpty() && commands.isEmpty();
        }
    }

    /** What it has of one user, and beside the users. */
    public RedisView look(UserId id) {
        return RedisView.read(connection, keys, id, feed);
    }

    /** What is noted there of the change feed. */
    public RedisView.Feed feed() {
        return RedisView.feed(connection, feed);
    }

    /** A round trip. */
    public void ping() {
        var _ = error(CommandType.PING, args());
    }

    /** What a section of INFO says, by field; empty = the user may not ask. */
    public Map<String, String> info(String section) {
        try {
            String info = connection.sync().info(section);
            return info.lines()
                    .filter(line -> line.contains(":"))
                    .collect(Collectors.toMap(
                            line -> line.substring(0, line.indexOf(':')),
                            line -> line.substring(line.indexOf(':') + 1).strip(),
                            (first, second) -> second));
        } catch (RedisCommandExecutionException notAllowed) {
            return Map.of();
        } catch (RedisException failure) {
            throw gone(failure);
        }
    }

    /** Its time of day; empty = the user may not ask. */
    public Optional<Instant> time() {
        try {
            List<byte[]> time = connection.sync().time();
            return Optional.of(Instant.ofEpochSecond(number(time.get(0)), number(time.get(1)) * 1000));
        } catch (RedisCommandExecutionException notAllowed) {
            return Optional.empty();
        } catch (RedisException failure) {
            throw gone(failure);
        }
    }

    private static long number(byte[] digits) {
        return Long.parseLong(new String(digits, StandardCharsets.US_ASCII));
    }

    /** Whose cache it is; empty = it does not say. */
    public Optional<Mark> mark() {
        try {
            return Mark.of(connection.sync().get(keys.mark()));
        } catch (RedisCommandExecutionException notAllowed) {
            return Optional.empty();
        } catch (RedisException failure) {
            throw gone(failure);
        }
    }

    /**
     * Finds out what the user that is logged in may not do.
     *
     * @param hasNearCache whether the commands of the near cache are needed too
     */
    public Lacking lacking(boolean hasNearCache) {
        Set<String> commands = new LinkedHashSet<>();
        Set<String> patterns = patterns();
        trials(hasNearCache).forEach((name, trial) -> {
            Optional<String> refused = error(trial.command, trial.args);
            if (refused.filter(RedisProbe::isOfTheCommand).isPresent()) {
                commands.add(name);
            }
        });
        return new Lacking(patterns, commands);
    }

    /** By a command that changes nothing, so that the right to write is asked for: of a field that a key does not have. */
    private Set<String> patterns() {
        Map<String, byte[]> needed = new LinkedHashMap<>();
        needed.put("~" + keys.patternOfUsers(), keys.nobody());
        needed.put("~" + keys + "lease:*", keys.leaseOfNobody());
        needed.put("~" + keys + "absent:*", keys.absenceOfNobody());
        needed.put("~" + keys.patternOfFeeds(), feed);
        Set<String> lacking = new LinkedHashSet<>();
        needed.forEach((pattern, key) -> {
            // A command that may be run at all shows whether the key may be used; not each is allowed.
            boolean isRefused = Stream.of(
                            error(CommandType.HDEL, args().addKey(key).add(FIELD)),
                            error(CommandType.HGET, args().addKey(key).add(FIELD)),
                            error(CommandType.MGET, args().addKey(key)))
                    .flatMap(Optional::stream)
                    .anyMatch(RedisProbe::isOfTheKey);
            if (isRefused) {
                lacking.add(pattern);
            }
        });
        return lacking;
    }

    private record Trial(CommandType command, CommandArgs<byte[], byte[]> args) {}

    private Map<String, Trial> trials(boolean hasNearCache) {
        byte[] nobody = keys.nobody();
        byte[] lease = keys.leaseOfNobody();
        Map<String, Trial> trials = new LinkedHashMap<>();
        trials.put("+get", new Trial(CommandType.GET, args().addKey(nobody)));
        trials.put("+mget", new Trial(CommandType.MGET, args().addKey(nobody)));
        trials.put(
                "+set",
                new Trial(
                        CommandType.SET, args().addKey(lease).add("").add("PX").add(1)));
        trials.put(
                "+psetex",
                new Trial(CommandType.PSETEX, args().addKey(lease).add(1).add("")));
        trials.put("+del", new Trial(CommandType.DEL, args().addKey(lease)));
        trials.put("+hget", new Trial(CommandType.HGET, args().addKey(feed).add(FIELD)));
        trials.put("+hmget", new Trial(CommandType.HMGET, args().addKey(feed).add(FIELD)));
        trials.put(
                "+hset",
                new Trial(CommandType.HSET, args().addKey(lease).add(FIELD).add("")));
        trials.put("+hdel", new Trial(CommandType.HDEL, args().addKey(lease).add(FIELD)));
        trials.put(
                "+hexists", new Trial(CommandType.HEXISTS, args().addKey(feed).add(FIELD)));
        trials.put("+eval", new Trial(CommandType.EVAL, args().add("return 1").add(0)));
        trials.put(
                "+evalsha",
                new Trial(CommandType.EVALSHA, args().add(Script.LEASE.digest()).add(0)));
        trials.put(
                "+script|load", new Trial(CommandType.SCRIPT, args().add("LOAD").add("return 1")));
        trials.put(
                "+scan", new Trial(CommandType.SCAN, args().add(0).add("COUNT").add(1)));
        trials.put("+unlink", new Trial(CommandType.UNLINK, args().addKey(lease)));
        trials.put("+strlen", new Trial(CommandType.STRLEN, args().addKey(nobody)));
        trials.put("+dbsize", new Trial(CommandType.DBSIZE, args()));
        trials.put("+ping", new Trial(CommandType.PING, args()));
        trials.put("+role", new Trial(CommandType.ROLE, args()));
        if (hasNearCache) {
            trials.put(
                    "+client",
                    new Trial(CommandType.CLIENT, args().add("TRACKING").add("OFF")));
            trials.put("+pttl", new Trial(CommandType.PTTL, args().addKey(nobody)));
        }
        return trials;
    }

    private static CommandArgs<byte[], byte[]> args() {
        return new CommandArgs<>(ByteArrayCodec.INSTANCE);
    }

    /** What Redis has replied instead of an answer; empty = it has answered. */
    private Optional<String> error(CommandType command, CommandArgs<byte[], byte[]> args) {
        try {
            connection.sync().dispatch(command, new NestedMultiOutput<>(ByteArrayCodec.INSTANCE), args);
            return Optional.empty();
        } catch (RedisCommandExecutionException refused) {
            return Optional.of(String.valueOf(refused.getMessage()));
        } catch (RedisException failure) {
            throw gone(failure);
        }
    }

    private static boolean isOfTheCommand(String error) {
        return (error.startsWith("NOPERM") && !isOfTheKey(error)) || error.startsWith("ERR unknown command");
    }

    private static boolean isOfTheKey(String error) {
        return error.startsWith("NOPERM") && error.contains("permissions to access ");
    }

    private static HotStoreException gone(RedisException failure) {
        return new HotStoreException("Redis: " + LettuceClients.rootMessage(failure));
    }

    @Override
    public void close() {
        var _ = connection.closeAsync();
    }
}
