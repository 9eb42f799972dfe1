package dev.hotcold.changefeed.recent;

import dev.hotcold.blocking.BlockingTime;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.user.UserId;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whose changes this instance has applied in the last seconds, in all its sessions. Redis replicates after it has replied: a replica
 * that is promoted may lack the last writes, those of the change feed among them, which PostgreSQL does not send again.
 *
 * <p>What the replica has is the beginning of what was written, up to some command. So when it holds the position {@code P}, it
 * has whatever was applied before {@code P} was noted, and what it may lack was applied after that:
 *
 * <pre>
 *   apply a ─ note 10 ─ apply b ─ apply c ─ note 20 ─ apply d       the position is 10: b, c and d may be missing
 * </pre>
 *
 * <p>Confined to: the thread of its feed.
 */
public final class RecentChanges {

    /** Sentinel lets a former primary go on for some eight seconds in a failover that an operator asks for. */
    static final Duration KEPT = Duration.ofSeconds(20);

    private static final int MOST_SESSIONS = 100;

    /** About 10 MB. */
    static final int MOST_USERS = 100_000;

    /**
     * Users that were changed in one batch.
     *
     * @param noted the position that the hot store had before
     * @param at by the clock of {@link BlockingTime#nanos()}
     */
    private record Batch(Lsn noted, List<UserId> users, long at) {}

    private final BlockingTime time;
    private final ArrayDeque<Batch> batches = new ArrayDeque<>();
    private int users;
    private String log = "";

    /** From which position on all is known; null = from none. */
    private @Nullable Lsn knownFrom;

    private Lsn noted = new Lsn(0);

    /** Where this instance has gone on last, and whose note that was. */
    private Lsn inherited = new Lsn(0);

    private String inheritedFrom = "";

    /** Of this instance, the last ones: what others note lies elsewhere between batches. */
    private final ArrayDeque<String> sessions = new ArrayDeque<>();

    public RecentChanges(BlockingTime time) {
        this.time = time;
    }

    /** The same hot store, of which it is remembered what it is told. */
    public ChangeSink recorded(ChangeSink sink) {
        return new RecordedSink(sink, this);
    }

    /**
     * A session goes on with what is cached, or begins with nothing cached.
     *
     * @param whichLog names the log that positions are of
     * @param position up to where changes are applied
     * @param by the session that has noted that; "" = unknown, or what it has noted is over
     */
    public void begin(String whichLog, Lsn position, String by) {
        inherited = position;
        inheritedFrom = by;
        if (!log.equals(whichLog) || !position.equals(noted)) {
            forget();
            log = whichLog;
            knownFrom = position;
            noted = position;
        }
    }

    /** A session of this instance takes over. */
    void began(String session) {
        sessions.addLast(session);
        if (sessions.size() > MOST_SESSIONS) {
            sessions.removeFirst();
        }
    }

    /** Nothing is known any more: all users were removed. */
    void forget() {
        batches.clear();
        users = 0;
        knownFrom = null;
        noted = new Lsn(0);
    }

    /** @param position up to where all changes are applied with these; null = unchanged */
    void applied(Collection<UserId> changed, @Nullable Lsn position) {
        if (!changed.isEmpty() && knownFrom != null) {
            batches.addLast(new Batch(noted, List.copyOf(changed), time.nanos()));
            users += changed.size();
            forgetOld();
        }
        if (position != null) {
            noted = position.compareTo(noted) > 0 ? position : noted;
            knownFrom = knownFrom == null ? noted : knownFrom;
        }
    }

    private boolean isNotedBetweenBatches(Lsn position, String by) {
        return sessions.contains(by) || (!by.isEmpty() && by.equals(inheritedFrom) && position.equals(inherited));
    }

    private void forgetOld() {
        Batch oldest;
        while ((oldest = batches.peekFirst()) != null
                && (users > MOST_USERS || time.nanos() - oldest.at > KEPT.toNanos())) {
            batches.removeFirst();
            users -= oldest.users.size();
            // Behind the position, since this batch may be missing where the hot store is no further.
            knownFrom = new Lsn(oldest.noted.value() + 1);
        }
    }

    /**
     * Whose changes a hot store may lack that has fallen back to a position.
     *
     * @param position that it holds
     * @param confirmed up to where PostgreSQL does not send changes again
     * @return empty: that is not known
     */
    public Optional<Set<UserId>> since(ChangeSink.Applied position, Lsn confirmed) {
        Lsn from = position.position().orElse(null);
        if (from == null
                || knownFrom == null
                || !position.log().equals(log)
                || !isNotedBetweenBatches(from, position.notedBy())
                || from.compareTo(knownFrom) < 0
                || confirmed.compareTo(noted) > 0) {
            return Optional.empty();
        }
        Set<UserId> missing = new LinkedHashSet<>();
        for (Batch batch : batches) {
            if (batch.noted.compareTo(from) >= 0) {
                missing.addAll(batch.users);
            }
        }
        return Optional.of(missing);
    }
}
