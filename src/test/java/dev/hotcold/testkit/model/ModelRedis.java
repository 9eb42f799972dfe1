package dev.hotcold.testkit.model;

import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserId;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What the service's scripts do to Redis, in memory: one method per script and user, each atomic, line by line as in the
 * {@code .lua} file of that name. {@code ModelRedisIT} holds it against the scripts on a real Redis.
 */
public final class ModelRedis {

    /** In the place of a token: nobody may fill. */
    public static final String HOLD = "hold";

    private static final Pattern FRESH_UNTIL = Pattern.compile(",\"fresh_until\":([1-9]\\d*)}$");

    /** The reply of {@code lease.lua} for one user. */
    public sealed interface LeaseReply {

        /** What is cached, within its soft TTL. */
        record Cached(String value) implements LeaseReply {}

        /** Replies that carry nothing. */
        enum Other implements LeaseReply {
            GRANTED,
            HELD,
            FORBIDDEN,
            KNOWN_ABSENT
        }
    }

    /**
     * A change that the feed applies.
     *
     * @param value the user's new value; empty = it is removed
     */
    public record Change(UserId id, String value) {}

    /** The script failed at a command that needs memory; what it did before that stays. */
    public static final class OutOfMemory extends RuntimeException {

        private static final long serialVersionUID = 1L;

        private OutOfMemory() {
            super("OOM command not allowed when used memory > 'maxmemory'.", null, false, false);
        }
    }

    /** @param expiresAt by the clock of the loop; {@link Long#MAX_VALUE} = never */
    private record Entry(String value, long expiresAt) {}

    private final Loop loop;
    private final Map<String, Entry> entries = new HashMap<>();
    private final Map<String, String> feed = new HashMap<>();
    private boolean full;
    private boolean scriptHasWritten;

    /** @param loop its monotonic clock ends the life of keys */
    public ModelRedis(Loop loop) {
        this.loop = loop;
    }

    /** {@code lease.lua}. */
    public LeaseReply lease(UserId id, String token, long lifeMillis, long nowEpochMillis, boolean damaged) {
        beginScript();
        String user = damaged ? null : get(userKey(id));
        String lease = get(leaseKey(id));
        if (user != null && isFresh(user, nowEpochMillis)) {
            return new LeaseReply.Cached(user);
        } else if (get(absentKey(id)) != null) {
            return LeaseReply.Other.KNOWN_ABSENT;
        } else if (HOLD.equals(lease)) {
            return LeaseReply.Other.FORBIDDEN;
        } else if (lease != null) {
            return LeaseReply.Other.HELD;
        }
        set(leaseKey(id), token, lifeMillis);
        return LeaseReply.Other.GRANTED;
    }

    private static boolean isFresh(String value, long nowEpochMillis) {
        Matcher freshUntil = FRESH_UNTIL.matcher(value);
        return !freshUntil.find() || Long.parseLong(freshUntil.group(1)) > nowEpochMillis;
    }

    /**
     * {@code seize.lua}.
     *
     * @return whether the lease is granted; otherwise a change forbids it
     */
    public boolean seize(UserId id, String token, long lifeMillis) {
        beginScript();
        if (HOLD.equals(get(leaseKey(id)))) {
            return false;
        }
        set(leaseKey(id), token, lifeMillis);
        del(absentKey(id));
        return true;
    }

    /**
     * {@code fill.lua}.
     *
     * @param value empty = only the lease ends
     * @param lifeMillis 0 = for ever
     * @return whether the value was stored
     */
    public boolean fill(UserId id, String token, String value, long lifeMillis) {
        beginScript();
        if (!token.equals(get(leaseKey(id)))) {
            return false;
        }
        if (!value.isEmpty()) {
            set(userKey(id), value, lifeMillis);
        }
        del(leaseKey(id));
        return !value.isEmpty();
    }

    /**
     * {@code absent.lua}.
     *
     * @param token empty = there is none
     * @param lifeMillis 0 = it is not noted
     * @return whether the absence was noted
     */
    public boolean absent(UserId id, String token, long lifeMillis) {
        beginScript();
        String holder = get(leaseKey(id));
        del(userKey(id));
        if (holder != null && !holder.equals(HOLD)) {
            del(leaseKey(id));
        }
        if (token.equals(holder) && lifeMillis != 0) {
            set(absentKey(id), "1", lifeMillis);
            return true;
        }
        return false;
    }

    /**
     * {@code takeover.lua}, for one history.
     *
     * @return the position up to which changes are applied, if that is known
     */
    public @Nullable String takeOver(String session) {
        feed.put("session", session);
        return feed.get("position");
    }

    /**
     * {@code apply.lua}.
     *
     * @param position empty = it does not change
     * @param holdMillis 0 = no fill is held off
     * @return whether this session may apply changes
     */
    public boolean apply(String session, String position, long holdMillis, List<Change> changes) {
        beginScript();
        if (!session.equals(feed.get("session"))) {
            return false;
        }
        for (Change change : changes) {
            apply(change, holdMillis);
        }
        // The script removes at its end, which a full Redis allows; after that it refuses nothing more.
        if (!position.isEmpty()) {
            feed.put("position", position);
        }
        return true;
    }

    private void apply(Change change, long holdMillis) {
        String value = change.value();
        boolean held = holdMillis != 0 && !isRefused();
        if (held) {
            set(leaseKey(change.id()), HOLD, holdMillis);
        } else {
            entries.remove(leaseKey(change.id()));
            value = holdMillis == 0 ? value : "";
        }
        Entry old = find(userKey(change.id()));
        if (!value.isEmpty() && old != null && !isRefused()) {
            Matcher freshUntil = FRESH_UNTIL.matcher(old.value());
            String renewed = freshUntil.find() ? value.substring(0, value.length() - 1) + freshUntil.group() : value;
            entries.put(userKey(change.id()), new Entry(renewed, old.expiresAt()));
            scriptHasWritten = true;
        } else {
            entries.remove(userKey(change.id()));
        }
        entries.remove(absentKey(change.id()));
    }

    /** As the change feed empties it. */
    public void clear() {
        entries.clear();
    }

    /** Sets the position of the feed, as at the end of its emptying. */
    public void setPosition(String position) {
        feed.put("position", position);
    }

    /** Restarted, empty. */
    public void restart() {
        entries.clear();
        feed.clear();
    }

    /** Whether commands that need memory are refused. */
    public void setFull(boolean full) {
        this.full = full;
    }

    /** What is stored for the user. */
    public @Nullable String user(UserId id) {
        return get(userKey(id));
    }

    /** The token of the user's lease, or {@link #HOLD}. */
    public @Nullable String leaseOf(UserId id) {
        return get(leaseKey(id));
    }

    /** Whether the user's absence is noted. */
    public boolean notesAbsence(UserId id) {
        return get(absentKey(id)) != null;
    }

    /** Stores what no script would, as another service might; for ever. */
    public void overwrite(UserId id, String value) {
        entries.put(userKey(id), new Entry(value, Long.MAX_VALUE));
    }

    /** Evicts a user and the note of its absence. */
    public void evict(UserId id) {
        entries.remove(userKey(id));
        entries.remove(absentKey(id));
    }

    /** Ends a lease, or a hold: by its time, or for want of memory. */
    public void endLease(UserId id) {
        entries.remove(leaseKey(id));
    }

    private void beginScript() {
        scriptHasWritten = false;
    }

    /** A full Redis lets a script go on that has written. */
    private boolean isRefused() {
        return full && !scriptHasWritten;
    }

    private void set(String key, String value, long lifeMillis) {
        if (isRefused()) {
            throw new OutOfMemory();
        }
        scriptHasWritten = true;
        entries.put(key, new Entry(value, lifeMillis == 0 ? Long.MAX_VALUE : loop.nanos() + lifeMillis * 1_000_000));
    }

    private void del(String key) {
        scriptHasWritten = true;
        entries.remove(key);
    }

    private @Nullable String get(String key) {
        Entry entry = find(key);
        return entry == null ? null : entry.value();
    }

    private @Nullable Entry find(String key) {
        Entry entry = entries.get(key);
        return entry == null || entry.expiresAt() - loop.nanos() > 0 ? entry : null;
    }

    private static String userKey(UserId id) {
        return "user:" + id;
    }

    private static String leaseKey(UserId id) {
        return "lease:{user:" + id + "}";
    }

    private static String absentKey(UserId id) {
        return "absent:{user:" + id + "}";
    }
}
