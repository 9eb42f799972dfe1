package dev.hotcold.testkit;

import static org.awaitility.Awaitility.await;

import dev.hotcold.freshness.Lsn;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.awaitility.core.ConditionTimeoutException;

/** Waits for change feeds. */
public final class Feeds {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String KEY = "changefeed:hotcold_user_api";

    private Feeds() {}

    /** Waits until this instance follows the changes. */
    public static void awaitOwner(TestService service) {
        await().atMost(PATIENCE).until(() -> isOwner(service));
    }

    /** Waits until changes are followed, by this instance or another one. */
    public static void awaitFollowed(TestService service) {
        await().atMost(PATIENCE)
                .until(() -> isOwner(service) || service.metric("hotcold_changefeed_role{role=\"standby\"}") == 1);
    }

    /** Whether this instance follows the changes. */
    public static boolean isOwner(TestService service) {
        return service.metric("hotcold_changefeed_role{role=\"owner\"}") == 1;
    }

    /** Waits until all that is committed now is applied to Redis, by whichever instance. */
    public static void awaitApplied(Servers servers) {
        Lsn end = Lsn.parse(
                servers.queryStrings("SELECT pg_current_wal_flush_lsn()::text").getFirst());
        try {
            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(10)).until(() -> {
                byte[] position = servers.redisCommands().hget(KEY, "position");
                return position != null
                        && Lsn.parse(new String(position, StandardCharsets.US_ASCII))
                                        .compareTo(end)
                                >= 0;
            });
        } catch (ConditionTimeoutException late) {
            throw new AssertionError("not applied up to " + end + "; " + state(servers), late);
        }
    }

    /**
     * Waits until the owner has checked the tables whose changes were applied by now: the log describes a table before its first
     * change, and until that is checked, changed users are removed and not replaced.
     */
    public static void awaitTableChecked(Servers servers) {
        long first = beat(servers);
        // The next one may have been under way.
        await().atMost(PATIENCE).until(() -> beat(servers) > first + 1);
    }

    private static long beat(Servers servers) {
        byte[] beat = servers.redisCommands().hget(KEY, "beat");
        return beat == null ? 0 : Long.parseLong(new String(beat, StandardCharsets.US_ASCII));
    }

    /** What both servers say, for the one who looks for the cause. */
    private static String state(Servers servers) {
        Map<String, String> noted = new TreeMap<>();
        servers.redisCommands()
                .hgetall(KEY)
                .forEach((field, value) -> noted.put(field, new String(value, StandardCharsets.UTF_8)));
        return "Redis: " + noted + "; PostgreSQL: "
                + Stream.of(
                                "SELECT concat_ws(' ', pg_current_wal_insert_lsn(), pg_current_wal_flush_lsn())",
                                "SELECT s::text FROM pg_replication_slots s",
                                "SELECT s::text FROM pg_stat_replication s",
                                "SELECT s::text FROM pg_stat_activity s WHERE backend_type = 'client backend'")
                        .map(servers::queryStrings)
                        .toList();
    }
}
