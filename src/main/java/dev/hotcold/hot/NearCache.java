package dev.hotcold.hot;

import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.lettuce.core.api.push.PushMessage;
import io.lettuce.core.protocol.RedisCommand;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Users in demand, kept in the memory of an event loop and dropped when Redis tells that they changed: {@link NearUsers}
 * says which, {@link Tracking} how Redis tells.
 *
 * <p>A user that was seen often enough in Redis' ordinary replies is read once more, with the request to track it and with the
 * time that its key has left ({@link Admission}). Ordinary reads are not tracked: so Redis remembers no more than what is in
 * demand, and its messages are few. That reading and all messages of changes come in one order, over the connection that
 * ordinary reads, fills and leases use too. What can happen between a reading (R), a change (C) by anybody, and its message
 * (M):
 *
 * <ul>
 *   <li>C before R: R finds what C left.
 *   <li>R before C: M comes behind the reply to R, and drops the user. If it comes before the reply that says how long the
 *       key lives, it forbids to keep what R found.
 *   <li>The change is this loop's own fill: the user is dropped as the fill is handed over, and readings under way are
 *       forbidden to be kept; later ones go to Redis behind the fill. So a read begun after a fill sees it.
 *   <li>M is late, or comes no more: then the answer to a later command is late too, or comes no more, and after
 *       {@value Tracking#TRUST_MILLIS} ms nothing is served from here.
 *   <li>The connection is another one: nothing is kept from the one before.
 *   <li>The key expires, and Redis does not notice for a while: a user is kept no longer than its key had left as R was
 *       sent. A user's own time is looked at each time it is served.
 * </ul>
 *
 * <p>Values beyond {@value #LONGEST} bytes are not kept, which bounds the memory.
 *
 * <p>Confined to: its event loop, but for {@link #health}.
 */
final class NearCache {

    /** Bytes of the longest value that is kept. */
    static final int LONGEST = 4096;

    /** Users in one reading. */
    private static final int MAX_BATCH = 64;

    /** Users that are being read to be kept, at most. */
    private static final int MAX_READING = 256;

    private static final Duration BEAT = Duration.ofMillis(Tracking.BEAT_MILLIS);

    private final boolean isOff;
    private final StoreHealth health = new StoreHealth("Redis (near cache)");
    private final NearUsers users;
    private final Tracking tracking;
    private final Freshness freshness;
    private final LookupObserver observer;
    private final Loop loop;
    private final Runnable somethingToSend;
    private final Runnable answered;
    private final Map<UserId, Admission> reading = new HashMap<>();
    private List<Admission> wanted = new ArrayList<>();
    private boolean asked;
    private boolean stopped;
    private int hits;
    private int invalidations;
    private int entries;

    /**
     * @param places for users; 0 = nothing is kept, and Redis is asked for nothing
     * @param version of Redis, as it told when the connection was made; empty: it speaks no RESP3
     * @param somethingToSend called when {@link #sendInto} has something to add
     * @param send takes a command, to be sent behind those it took before
     * @param answered called when Redis has shown that it reads, which lookups may not need for a long time
     */
    NearCache(
            int places,
            Supplier<Optional<String>> version,
            Freshness freshness,
            LookupObserver observer,
            Loop loop,
            Runnable somethingToSend,
            Consumer<RedisCommand<byte[], byte[], ?>> send,
            Runnable answered) {
        this.isOff = places == 0;
        this.users = new NearUsers(Math.max(1, places));
        this.tracking = new Tracking(health, version, loop, send, new Changes());
        this.freshness = freshness;
        this.observer = observer;
        this.loop = loop;
        this.somethingToSend = somethingToSend;
        this.answered = answered;
        if (!isOff) {
            loop.after(BEAT, this::beat);
        }
    }

    /** Whether Redis tells of changes, or why it does not. Thread-safe. */
    StoreHealth health() {
        return health;
    }

    /** A new connection stands. */
    void opened() {
        if (!isOff) {
            tracking.opened();
        }
    }

    /** The connection broke. */
    void lost() {
        if (!isOff) {
            tracking.lost();
        }
    }

    /** Redis said something unasked. */
    void pushed(PushMessage message) {
        if (!isOff) {
            tracking.pushed(message);
        }
    }

    /** Ends its timer. */
    void stop() {
        stopped = true;
        tracking.lost();
        tell();
    }

    /** The user, if it is kept, within its time, and surely still as Redis has it; null: Redis must be asked. */
    @Nullable HotRead read(UserId id) {
        if (isOff) {
            return null;
        }
        asked = true;
        long now = loop.nanos();
        if (!tracking.isReliable(now)) {
            // Nobody has asked for a while, perhaps: who comes next need not wait for the beat.
            tracking.beat(true);
            return null;
        }
        UserJson user = users.get(id, now);
        if (user == null || !(freshness.judge(user) instanceof HotRead.Hit hit)) {
            return null;
        }
        hits++;
        return hit;
    }

    /** A user was found in Redis by an ordinary read. */
    void saw(UserId id, UserJson user) {
        if (isOff || !tracking.isPromised() || user.array().length > LONGEST) {
            return;
        }
        if (users.saw(id) && reading.size() < MAX_READING && !reading.containsKey(id)) {
            Admission admission = new Admission(id);
            reading.put(id, admission);
            wanted.add(admission);
            somethingToSend.run();
        }
    }

    /** A fill or a removal of the user is about to be sent: what was read before it does not count any more. */
    void drop(UserId id) {
        if (isOff) {
            return;
        }
        users.remove(id);
        Admission admission = reading.get(id);
        if (admission != null) {
            admission.forbid();
        }
    }

    /** Adds the commands that read the users that are wanted. */
    void sendInto(List<RedisCommand<byte[], byte[], ?>> outgoing) {
        if (wanted.isEmpty()) {
            return;
        }
        List<Admission> admissions = wanted;
        wanted = new ArrayList<>();
        for (int start = 0; start < admissions.size(); start += MAX_BATCH) {
            List<Admission> batch = admissions.subList(start, Math.min(admissions.size(), start + MAX_BATCH));
            outgoing.addAll(Admission.commands(batch, loop.nanos(), this::read));
        }
    }

    /** @param admission whose replies have all come */
    private void read(Admission admission) {
        if (reading.remove(admission.id(), admission)) {
            admission.user().ifPresent(user -> users.put(admission.id(), user, admission.endsAt()));
        }
    }

    private void beat() {
        if (stopped) {
            return;
        }
        tell();
        tracking.beat(asked);
        asked = false;
        loop.after(BEAT, this::beat);
    }

    /** All at once, so that a hit costs no more than an addition. */
    private void tell() {
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

    private final class Changes implements Tracking.Listener {

        @Override
        public void changed(byte[] key) {
            UserId id = UserKeys.idOf(key);
            if (id != null) {
                invalidations++;
                drop(id);
            }
        }

        @Override
        public void answered() {
            answered.run();
        }

        @Override
        public void forgetAll() {
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
