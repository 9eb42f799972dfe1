package dev.hotcold.hot.near;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.user.UserId;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hot users, and the ids that may become such.
 *
 * <p>A user is hot when it was seen twice within as many different ids as there are places: so what is read once, as by a
 * scan, costs neither a place here nor memory in Redis. Among hot users, the least frequently used are evicted, by the
 * library's estimate (Einziger, Friedman, Manes: "TinyLFU: A Highly Efficient Cache Admission Policy", 2017).
 *
 * <p>Confined to: its event loop.
 */
final class NearUsers {

    /**
     * A user.
     *
     * @param expiresAt by the loop's clock
     */
    private record Entry(CachedUser user, long expiresAt) {}

    private final int places;
    private Cache<UserId, Entry> users;
    private final Map<UserId, Boolean> seenOnce = new LinkedHashMap<>() {

        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<UserId, Boolean> eldest) {
            return size() > places;
        }
    };

    /** @param places for users; positive */
    NearUsers(int places) {
        this.places = places;
        this.users = empty(places);
    }

    private static Cache<UserId, Entry> empty(int places) {
        return Caffeine.newBuilder().maximumSize(places).executor(Runnable::run).build();
    }

    /** The user, unless there is none or it has expired. */
    @Nullable CachedUser get(UserId id, long now) {
        Entry entry = users.getIfPresent(id);
        if (entry == null) {
            return null;
        }
        if (entry.expiresAt - now <= 0) {
            users.invalidate(id);
            return null;
        }
        return entry.user;
    }

    /** Notes that a user was read from Redis. Whether it is hot. */
    boolean saw(UserId id) {
        if (seenOnce.remove(id) != null) {
            return true;
        }
        seenOnce.put(id, true);
        return false;
    }

    void put(UserId id, CachedUser user, long expiresAt) {
        users.put(id, new Entry(user, expiresAt));
    }

    void remove(UserId id) {
        users.invalidate(id);
    }

    /** Drops all users, in constant time. */
    void clear() {
        users = empty(places);
    }

    /** About how many users there are. */
    int size() {
        return Math.toIntExact(users.estimatedSize());
    }
}
