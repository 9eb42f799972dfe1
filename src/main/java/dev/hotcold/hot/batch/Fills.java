package dev.hotcold.hot.batch;

import dev.hotcold.hot.connection.ReplyLimits;
import dev.hotcold.hot.layout.Lifetimes;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.hot.link.RequestSource;
import dev.hotcold.lookup.LeaseToken;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * Fills on their way into a Redis node: all of a turn travel as one script, which stores each only while its lease stands.
 * Nobody waits for them; the observer hears of failures.
 *
 * <p>Confined to: its event loop.
 */
public final class Fills implements RequestSource {

    private static final int MAX_BATCH = 256;

    /** Bytes of values in one script, so that a few very long texts do not hold Redis up. */
    private static final int MAX_BATCH_BYTES = 1 << 18;

    /** A longer value would end each connection that it is read on. */
    private static final long MAX_VALUE_BYTES = ReplyLimits.ofThisProcess().bulkBytes();

    /** Only the lease ends. */
    private static final Lifetimes.Stored NOTHING = new Lifetimes.Stored(new byte[0], 0);

    /** A user to store. */
    record Fill(UserId id, LeaseToken lease, Lifetimes.Stored stored) {

        boolean stores() {
            return stored != NOTHING;
        }
    }

    /**
     * A user that does not exist.
     *
     * @param token of its lease; "" = there is none
     * @param life how long that is noted; zero = not at all
     */
    record Absence(UserId id, String token, Duration life) {

        boolean isNoted() {
            return !life.isZero() && !token.isEmpty();
        }
    }

    private final RedisLink link;
    private final Loop loop;
    private final LookupObserver observer;
    private List<Fill> fills = new ArrayList<>();
    private List<Absence> absences = new ArrayList<>();

    public Fills(RedisLink link, Loop loop, LookupObserver observer) {
        this.link = link;
        this.loop = loop;
        this.observer = observer;
    }

    /** Stores a user if the lease stands, and ends the lease. One that is too long to be read again is not stored. */
    public void fill(UserId id, LeaseToken lease, Lifetimes.Stored stored) {
        add(new Fill(id, lease, stored.value().length <= MAX_VALUE_BYTES ? stored : NOTHING));
    }

    /** Only ends a lease. */
    public void release(UserId id, LeaseToken lease) {
        add(new Fill(id, lease, NOTHING));
    }

    /**
     * Removes a user that does not exist, and notes its absence if the lease stands.
     *
     * @param life how long it is noted; zero = not at all
     */
    public void fillAbsent(UserId id, LeaseToken lease, Duration life) {
        add(new Absence(id, lease.value(), life));
    }

    /** Removes a user that does not exist, and ends the lease under which it may have been read before. */
    public void invalidate(UserId id) {
        add(new Absence(id, "", Duration.ZERO));
    }

    private void add(Fill fill) {
        assert loop.isCurrent();
        fills.add(fill);
        link.flushAtEndOfTurn();
    }

    private void add(Absence absence) {
        assert loop.isCurrent();
        absences.add(absence);
        link.flushAtEndOfTurn();
    }

    @Override
    public void enqueueDue() {
        if (!absences.isEmpty()) {
            List<Absence> due = absences;
            absences = new ArrayList<>();
            for (int start = 0; start < due.size(); start += MAX_BATCH) {
                int end = Math.min(due.size(), start + MAX_BATCH);
                link.enqueue(new AbsenceBatch(link.keys(), due.subList(start, end), observer));
            }
        }
        if (!fills.isEmpty()) {
            enqueueFills();
        }
    }

    private void enqueueFills() {
        List<Fill> due = fills;
        fills = new ArrayList<>();
        int start = 0;
        int bytes = 0;
        for (int i = 0; i < due.size(); i++) {
            bytes += due.get(i).stored().value().length;
            if (i + 1 == due.size() || i + 1 - start == MAX_BATCH || bytes >= MAX_BATCH_BYTES) {
                link.enqueue(new FillBatch(link.keys(), due.subList(start, i + 1), observer));
                start = i + 1;
                bytes = 0;
            }
        }
    }
}
