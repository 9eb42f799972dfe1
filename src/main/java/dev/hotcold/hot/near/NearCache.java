package dev.hotcold.hot.near;

import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.hot.layout.SoftTtl;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.hot.link.RequestSource;
import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserId;
import io.lettuce.core.api.push.PushMessage;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Hot users, kept in the memory of an event loop and invalidated by Redis: {@link NearUsers} says which, {@link Tracking} how
 * Redis invalidates.
 *
 * <p>A user that was seen often enough in ordinary replies is read once more, under tracking and with the time that its key has
 * left ({@link Admission}). Ordinary reads are not tracked: so Redis remembers no more than hot keys, and its messages are
 * few. That reading and all invalidations come in one order, over the connection that ordinary reads, fills and leases use
 * too. What can happen between a reading (R), a change (C) by anybody, and its invalidation (I):
 *
 * <ul>
 *   <li>C before R: R finds what C left.
 *   <li>R before C: I comes behind the reply to R, and drops the user. If it comes before the reply that says how long the
 *       key lives, it revokes the admission.
 *   <li>The change is this loop's own fill: the user is dropped as the fill is handed over, and admissions in flight are
 *       revoked; later ones go to Redis behind the fill. So a read begun after a fill sees it.
 *   <li>I is late, or never comes: then the reply to a later command is late too, or never comes, and after
 *       {@value Tracking#TRUST_MILLIS} ms nothing is served from here.
 *   <li>The connection is another one: nothing is kept from the one before.
 *   <li>The key expires, and Redis does not notice for a while: a user is kept no longer than its key had left as R was
 *       sent. Its soft TTL is judged each time it is served.
 * </ul>
 *
 * <p>Values beyond {@value #LONGEST} bytes are not kept, which bounds the memory.
 *
 * <p>Confined to: its event loop.
 */
public final class NearCache implements RequestSource, RedisLink.Listener {

    /** Bytes of the longest value that is kept. */
    static final int LONGEST = 4096;

    /** Users in one reading. */
    private static final int MAX_BATCH = 64;

    /** Admissions in flight, at most. */
    private static final int MAX_READING = 256;

    private static final Duration BEAT = Duration.ofMillis(Tracking.BEAT_MILLIS);

    private final boolean isOff;
    private final NearUsers users;
    private final Tracking tracking;
    private final RedisLink link;
    private final SoftTtl softTtl;
    private final LookupObserver observer;
    private final Loop loop;
    private final Map<UserId, Admission> reading = new HashMap<>();
    private List<Admission> wanted = new ArrayList<>();
    private boolean used;
    private boolean stopped;
    private int hits;
    private int invalidations;
    private int entries;

    /** @param places for users; 0 = nothing is kept, and nothing is requested of Redis */
    public NearCache(int places, RedisLink link, SoftTtl softTtl, LookupObserver observer, Loop loop) {
        this.isOff = places == 0;
        this.users = new NearUsers(Math.max(1, places));
        this.tracking = new Tracking(link, loop, new Invalidations());
        this.link = link;
        this.softTtl = softTtl;
        this.observer = observer;
        this.loop = loop;
        if (!isOff) {
            loop.after(BEAT, this::beat);
        }
    }

    @Override
    public void opened() {
        if (!isOff) {
            tracking.opened();
        }
    }

    @Override
    public void lost() {
        if (!isOff) {
            tracking.lost();
        }
    }

    @Override
    public void pushed(PushMessage message) {
        if (!isOff) {
            tracking.pushed(message);
        }
    }

    /** Ends its timer. */
    public void stop() {
        stopped = true;
        tracking.lost();
        report();
    }

    /** A hit, if the user is kept, within its soft TTL, and provably as Redis has it; null: Redis must be read. */
    public @Nullable HotRead read(UserId id) {
        if (isOff) {
            return null;
        }
        assert loop.isCurrent();
        used = true;
        long now = loop.nanos();
        if (!tracking.isReliable(now)) {
            // Perhaps it was not used for a while: the next one need not wait for the beat.
            tracking.beat(true);
            return null;
        }
        CachedUser user = users.get(id, now);
        if (user == null || !(softTtl.judge(user) instanceof HotRead.Hit hit)) {
            return null;
        }
        hits++;
        return hit;
    }

    /** A user was found in Redis by an ordinary read. */
    public void saw(UserId id, CachedUser user) {
        if (isOff || !tracking.isActive() || user.size() > LONGEST) {
            return;
        }
        if (users.saw(id) && reading.size() < MAX_READING && !reading.containsKey(id)) {
            Admission admission = new Admission(id);
            reading.put(id, admission);
            wanted.add(admission);
            link.flushAtEndOfTurn();
        }
    }

    /** A fill or a removal of the user is about to be sent: what was read before it no longer counts. */
    public void invalidate(UserId id) {
        if (isOff) {
            return;
        }
        users.remove(id);
        Admission admission = reading.get(id);
        if (admission != null) {
            admission.revoke();
        }
    }

    @Override
    public void enqueueDue() {
        if (wanted.isEmpty()) {
            return;
        }
        List<Admission> admissions = wanted;
        wanted = new ArrayList<>();
        for (int start = 0; start < admissions.size(); start += MAX_BATCH) {
            List<Admission> batch = admissions.subList(start, Math.min(admissions.size(), start + MAX_BATCH));
            Admission.enqueue(link, batch, loop.nanos(), this::admit);
        }
    }

    /** @param admission whose replies have all come */
    private void admit(Admission admission) {
        if (reading.remove(admission.id(), admission)) {
            admission.user().ifPresent(user -> users.put(admission.id(), user, admission.expiresAt()));
        }
    }

    private void beat() {
        if (stopped) {
            return;
        }
        report();
        tracking.beat(used);
        used = false;
        loop.after(BEAT, this::beat);
    }

    /** All at once, so that a hit costs no more than an addition. */
    private void report() {
        int size = users.size();
        if (size != entries) {
            observer.nearEntries(size - entries);
            entries = size;
        }
        if (hits > 0) {
            observer.nearHits(hits);
            hits = 0;
        }
        if (invalidations > 0) {
            observer.nearInvalidations(invalidations);
            invalidations = 0;
        }
    }

    private final class Invalidations implements Tracking.Listener {

        @Override
        public void invalidated(byte[] key) {
            UserId id = link.keys().idOf(key);
            if (id != null) {
                invalidations++;
                invalidate(id);
            }
        }

        @Override
        public void flush() {
            if (users.size() > 0) {
                observer.nearFlushed();
            }
            users.clear();
            // Replies of another connection would find themselves unknown; those of this one are from before.
            reading.clear();
            wanted.clear();
        }
    }
}
