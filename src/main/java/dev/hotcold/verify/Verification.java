package dev.hotcold.verify;

import dev.hotcold.freshness.CachedUsers;
import dev.hotcold.freshness.StoredUsers;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.vertx.core.json.JsonObject;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * Compares cached users with the database. One that differs is looked at again after growing pauses: it is stale only if
 * the very same value stays cached and differs each time. Otherwise a change was on its way.
 *
 * <p>Confined to: one thread, which it blocks.
 */
public final class Verification {

    private static final List<Duration> PAUSES =
            List.of(Duration.ofMillis(100), Duration.ofMillis(400), Duration.ofMillis(1000));

    /**
     * What was found.
     *
     * @param compared how many users were cached and compared
     * @param inFlight how many differed at first, but not for long
     * @param stale those that are old
     */
    public record Findings(int compared, int inFlight, List<UserId> stale) {}

    private final CachedUsers cached;
    private final StoredUsers stored;

    public Verification(CachedUsers cached, StoredUsers stored) {
        this.cached = cached;
        this.stored = stored;
    }

    /** Compares these users, so far as they are cached. */
    public Findings compare(List<UserId> ids) throws SQLException, InterruptedException {
        Map<UserId, UserJson> atFirst = cached.read(ids);
        List<UserId> suspects = differing(List.copyOf(atFirst.keySet()), atFirst);
        int differed = suspects.size();
        for (Duration pause : PAUSES) {
            if (suspects.isEmpty()) {
                break;
            }
            Thread.sleep(pause);
            Map<UserId, UserJson> now = cached.read(suspects);
            List<UserId> unchanged = suspects.stream()
                    .filter(id -> now.containsKey(id) && Objects.equals(now.get(id), atFirst.get(id)))
                    .toList();
            suspects = differing(unchanged, now);
        }
        return new Findings(atFirst.size(), differed - suspects.size(), suspects);
    }

    private List<UserId> differing(List<UserId> ids, Map<UserId, UserJson> values) throws SQLException {
        if (ids.isEmpty()) {
            return ids;
        }
        Map<UserId, User> users = new HashMap<>(stored.read(ids));
        List<UserId> differing = new ArrayList<>();
        for (UserId id : ids) {
            if (!isSame(values.get(id), users.get(id))) {
                differing.add(id);
            }
        }
        return differing;
    }

    private static boolean isSame(@Nullable UserJson cached, @Nullable User stored) {
        if (cached == null || stored == null) {
            return false;
        }
        UserJson expected = UserJson.encode(stored);
        // Another writer of the same cache may escape more than need be.
        return cached.equals(expected) || members(cached).equals(members(expected));
    }

    private static JsonObject members(UserJson user) {
        return new JsonObject("{" + user + "}");
    }
}
