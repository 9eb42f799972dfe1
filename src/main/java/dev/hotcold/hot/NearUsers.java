package dev.hotcold.hot;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Users in demand, and the ids that may become such.
 *
 * <p>A user is wanted when it was seen twice within as many different ids as there are places: so what is asked for once,
 * as by a scan, costs neither a place nor Redis a note. Of those that are wanted the ones asked for least make room, by
 * the library's estimate of how often each was asked for (Einziger, Friedman, Manes: "TinyLFU: A Highly Efficient Cache
 * Admission Policy", 2017).
 *
 * <p>Confined to: its event loop.
 */
final class NearUsers {

    /**
     * A user, until then.
     *
     * @param endsAt by the monotonic clock
     */
    private record Entry(UserJson user, long endsAt) {}

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

    /** The user, unless there is none or its time has come. */
    @Nullable UserJson get(UserId id, long now) {
        Entry entry = users.getIfPresent(id);
        if (entry == null) {
            return null;
        }
        if (entry.endsAt - now <= 0) {
            users.invalidate(id);
            return null;
        }
        return entry.user;
    }

    /** Notes that a user was seen elsewhere. Whether it is wanted here. */
    boolean saw(UserId id) {
        if (seenOnce.remove(id) != null) {
            return true;
        }
        seenOnce.put(id, true);
        return false;
    }

    void put(UserId id, UserJson user, long endsAt) {
        users.put(id, new Entry(user, endsAt));
    }

    void remove(UserId id) {
        users.invalidate(id);
    }

    /** Drops all users, in no time however many there are. */
    void clear() {
        users = empty(places);
    }

    /** About how many users there are. */
    int size() {
        return Math.toIntExact(users.estimatedSize());
    }
}
