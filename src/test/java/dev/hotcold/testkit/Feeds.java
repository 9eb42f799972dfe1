package dev.hotcold.testkit;

import static org.awaitility.Awaitility.await;

import dev.hotcold.freshness.Lsn;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/** Waits for change feeds. */
public final class Feeds {

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final String KEY = "changefeed:hotcold_user_api";

    private Feeds() {}

    /** Waits until this instance follows the changes. */
    public static void awaitOwner(TestService service) {
        await().atMost(PATIENCE).until(() -> isOwner(service));
    }

    /** Whether this instance follows the changes. */
    public static boolean isOwner(TestService service) {
        return service.metric("hotcold_changefeed_role{role=\"owner\"}") == 1;
    }

    /** Waits until all that is committed now is applied to Redis, by whichever instance. */
    public static void awaitApplied(Servers servers) {
        Lsn end = Lsn.parse(
                servers.queryStrings("SELECT pg_current_wal_flush_lsn()::text").getFirst());
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(10)).until(() -> {
            byte[] position = servers.redisCommands().hget(KEY, "position");
            return position != null
                    && Lsn.parse(new String(position, StandardCharsets.US_ASCII))
                                    .compareTo(end)
                            >= 0;
        });
    }
}
