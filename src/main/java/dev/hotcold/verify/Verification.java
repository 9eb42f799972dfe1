package dev.hotcold.verify;

import dev.hotcold.blocking.BlockingTime;
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
import java.util.Optional;

/**
 * Compares cached users with the database. One that differs is compared again after growing pauses: it is stale only if the
 * very same value stays cached and differs each time. Otherwise a change was in flight.
 *
 * <p>Confined to: one thread, which it blocks.
 */
public final class Verification {

    private static final List<Duration> PAUSES =
            List.of(Duration.ofMillis(100), Duration.ofMillis(400), Duration.ofMillis(1000));

    private static final int PAGE = 1000;

    /**
     * The result of a comparison.
     *
     * @param compared how many users were cached, or noted as absent, and compared
     * @param inFlight how many differed for a moment: a change was in flight
     * @param stale those whose cached value stayed and differs from the database
     */
    public record Findings(int compared, int inFlight, List<UserId> stale) {}

    private final CachedUsers cached;
    private final StoredUsers stored;
    private final BlockingTime time;

    /** A comparison of these two stores. */
    public Verification(CachedUsers cached, StoredUsers stored) {
        this(cached, stored, BlockingTime.system());
    }

    Verification(CachedUsers cached, StoredUsers stored, BlockingTime time) {
        this.cached = cached;
        this.stored = stored;
        this.time = time;
    }

    /** Compares these users, as far as they are cached, part by part. Takes 1.5 seconds for each part in which any is stale. */
    public Findings compare(List<UserId> ids) throws SQLException, InterruptedException {
        int compared = 0;
        int inFlight = 0;
        List<UserId> stale = new ArrayList<>();
        for (List<UserId> part : cached.inParts(ids)) {
            Findings found = comparePart(part);
            compared += found.compared();
            inFlight += found.inFlight();
            stale.addAll(found.stale());
        }
        return new Findings(compared, inFlight, stale);
    }

    /**
     * Compares all that is cached, each user once, and removes at once what differs: users beyond their soft TTL too, and those
     * whose change is in flight.
     *
     * @param keepAlive called before each page and part; may end it by an exception
     * @return how many were removed
     */
    public int removeDiffering(Runnable keepAlive) throws SQLException {
        int removed = 0;
        do {
            keepAlive.run();
            for (List<UserId> part : cached.inParts(cached.next(PAGE))) {
                keepAlive.run();
                Map<UserId, Optional<UserJson>> values = cached.readAll(part);
                List<UserId> differing = differing(List.copyOf(values.keySet()), values);
                cached.remove(differing);
                removed += differing.size();
            }
        } while (!cached.isAtStart());
        return removed;
    }

    private Findings comparePart(List<UserId> ids) throws SQLException, InterruptedException {
        Map<UserId, Optional<UserJson>> first = cached.read(ids);
        List<UserId> suspects = differing(List.copyOf(first.keySet()), first);
        int differed = suspects.size();
        for (Duration pause : PAUSES) {
            if (suspects.isEmpty()) {
                break;
            }
            time.pause(pause);
            stored.lookAnew();
            if (Thread.interrupted()) {
                throw new InterruptedException();
            }
            Map<UserId, Optional<UserJson>> now = cached.read(suspects);
            List<UserId> unchanged = suspects.stream()
                    .filter(id -> now.containsKey(id) && Objects.equals(now.get(id), first.get(id)))
                    .toList();
            suspects = differing(unchanged, now);
        }
        return new Findings(first.size(), differed - suspects.size(), suspects);
    }

    private List<UserId> differing(List<UserId> ids, Map<UserId, Optional<UserJson>> values) throws SQLException {
        if (ids.isEmpty()) {
            return ids;
        }
        Map<UserId, User> users = new HashMap<>(stored.read(ids));
        List<UserId> differing = new ArrayList<>();
        for (UserId id : ids) {
            User user = users.get(id);
            boolean isSame = Objects.requireNonNull(values.get(id))
                    .map(value -> user != null && isSame(value, user))
                    .orElse(user == null);
            if (!isSame) {
                differing.add(id);
            }
        }
        return differing;
    }

    /** Whether a cached user is the one that is stored. */
    public static boolean isSame(UserJson cached, User stored) {
        UserJson expected = UserJson.encode(stored);
        // Another service that writes to the cache may escape more characters than it must.
        return cached.equals(expected) || members(cached).equals(members(expected));
    }

    private static JsonObject members(UserJson user) {
        return new JsonObject("{" + user + "}");
    }
}
