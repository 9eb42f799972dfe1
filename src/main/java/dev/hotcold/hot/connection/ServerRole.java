package dev.hotcold.hot.connection;

import io.lettuce.core.ConnectionState;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.api.StatefulConnection;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Whether the server at the other end is the one to ask: a Redis that takes writes. A replica shows a copy that may be as old as
 * the day it lost its primary, and takes no lease; so lookups leave it, and the address is looked up anew.
 *
 * @see <a href="https://redis.io/docs/latest/commands/role/">ROLE</a>
 */
public final class ServerRole {

    private static final String REPLICA = "is a replica";
    private static final String SENTINEL =
            "is a Sentinel, which keeps no users: let REDIS_ADDR begin with redis-sentinel://";

    private static final String ONE_OF_A_CLUSTER =
            "is part of a cluster and does not have every key: REDIS_ADDR must name a Redis that is none";

    /**
     * Of errors that are no matter of one command: another server is to be asked, now or for good. A script that meets one of them
     * is quoted around it by Redis 6.
     */
    private static final Pattern OF_ANOTHER_SERVER = Pattern.compile(
            "^(READONLY|MOVED|ASK|MASTERDOWN|CLUSTERDOWN|LOADING)\\b"
                    + "|^ERR Error running script .*: @user_script: ?[0-9]+: -?(READONLY|MASTERDOWN|CLUSTERDOWN|LOADING)\\b");

    private ServerRole() {}

    /**
     * What the server said of itself when the connection was made.
     *
     * @return why it is not to be used, in words that go on "Redis"; empty: it may be, or it speaks no RESP3 and says nothing
     */
    public static Optional<String> flaw(StatefulConnection<?, ?> connection) {
        if (!(connection instanceof StatefulRedisConnectionImpl<?, ?> opened)) {
            return Optional.empty();
        }
        ConnectionState state = opened.getConnectionState();
        if ("sentinel".equals(state.getMode())) {
            return Optional.of(SENTINEL);
        }
        return ofRole(state.getRole());
    }

    /**
     * What it says by now.
     *
     * @param reply to ROLE
     */
    static Optional<String> flaw(List<?> reply) {
        return !reply.isEmpty() && reply.getFirst() instanceof byte[] role
                ? ofRole(new String(role, StandardCharsets.US_ASCII))
                : Optional.empty();
    }

    private static Optional<String> ofRole(@Nullable String role) {
        return switch (String.valueOf(role).toLowerCase(Locale.ROOT)) {
            case "slave", "replica" -> Optional.of(REPLICA);
            case "sentinel" -> Optional.of(SENTINEL);
            default -> Optional.empty();
        };
    }

    /**
     * Whether an error says that another server is to be asked.
     *
     * @param said by Redis
     * @return why this one is not to be used, in words that go on "Redis"; empty: the error is about a command
     */
    public static Optional<String> ofError(String said) {
        Matcher error = OF_ANOTHER_SERVER.matcher(said);
        if (!error.find()) {
            return Optional.empty();
        }
        return switch (error.group(1) == null ? error.group(2) : error.group(1)) {
            case "READONLY", "MASTERDOWN" -> Optional.of(REPLICA);
            case "LOADING" -> Optional.of("is still loading its data");
            case "CLUSTERDOWN" -> Optional.of("is part of a cluster that is down");
            default -> Optional.of(ONE_OF_A_CLUSTER);
        };
    }
}
