package dev.hotcold.cold.batch;

import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserId;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Ids whose rows made queries fail a while ago: each is read by itself, so that it costs others nothing. Bounded in number and in
 * time.
 *
 * <p>Confined to: its event loop.
 */
final class IsolatedIds {

    /** How long an id is read by itself. */
    static final Duration TIME = Duration.ofSeconds(30);

    /** Ids, at most. */
    private static final int MOST = 1024;

    private final Loop loop;

    /** Until when, the oldest first. */
    private final Map<UserId, Long> ids = new LinkedHashMap<>();

    IsolatedIds(Loop loop) {
        this.loop = loop;
    }

    boolean contains(UserId id) {
        if (ids.isEmpty()) {
            return false;
        }
        Long until = ids.get(id);
        if (until != null && until - loop.nanos() <= 0) {
            ids.remove(id);
            return false;
        }
        return until != null;
    }

    void add(UserId id) {
        ids.remove(id);
        if (ids.size() >= MOST) {
            ids.remove(ids.keySet().iterator().next());
        }
        ids.put(id, loop.nanos() + TIME.toNanos());
    }

    void remove(UserId id) {
        ids.remove(id);
    }

    boolean isEmpty() {
        return ids.isEmpty();
    }
}
