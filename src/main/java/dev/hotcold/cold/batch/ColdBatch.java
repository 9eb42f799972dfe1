package dev.hotcold.cold.batch;

import dev.hotcold.cold.pool.PooledConnection;
import dev.hotcold.cold.pool.UserRow;
import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.table.IdMatch;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads that share one query; with no reads, a probe.
 *
 * <p>Confined to: its event loop.
 */
public final class ColdBatch extends DeadlineQueue.Entry {

    private enum State {
        IN_FLIGHT,
        OVERDUE,
        ENDED
    }

    private final List<ColdQueue.Read> reads;
    private final List<UserId> ids;
    private final @Nullable Search search;
    private final PooledConnection connection;
    private final long sentAt;
    private final Consumer<ColdBatch> onOverdue;
    private State state = State.IN_FLIGHT;

    /** @param onOverdue called once, when the query runs past its deadline */
    public ColdBatch(DispatchOrder.Turn turn, PooledConnection connection, long sentAt, Consumer<ColdBatch> onOverdue) {
        this.reads = turn.reads();
        this.ids = ids(reads);
        this.search = turn.search();
        this.connection = connection;
        this.sentAt = sentAt;
        this.onOverdue = onOverdue;
    }

    /** A query without ids. */
    public static ColdBatch probe(PooledConnection connection, long sentAt, Consumer<ColdBatch> onOverdue) {
        return new ColdBatch(new DispatchOrder.Turn(List.of(), null), connection, sentAt, onOverdue);
    }

    /** In the order of the reads. One that all of them are for stands there once. */
    private static List<UserId> ids(List<ColdQueue.Read> reads) {
        List<UserId> ids = new ArrayList<>(reads.size());
        boolean differ = false;
        for (ColdQueue.Read read : reads) {
            ids.add(read.id());
            differ |= !read.id().equals(ids.getFirst());
        }
        return differ || ids.isEmpty() ? ids : List.of(ids.getFirst());
    }

    List<ColdQueue.Read> reads() {
        return reads;
    }

    @Nullable Search search() {
        return search;
    }

    /** The users to read. */
    public List<UserId> ids() {
        return ids;
    }

    /** How many ids the query has; 0 = it is a probe. */
    public int size() {
        return ids.size();
    }

    /** The connection that runs the query. */
    public PooledConnection connection() {
        return connection;
    }

    /** When the query was sent, by the clock of the loop. */
    public long sentAt() {
        return sentAt;
    }

    /**
     * The query has ended.
     *
     * @return whether it did so before its deadline
     */
    public boolean end() {
        boolean inTime = state == State.IN_FLIGHT;
        state = State.ENDED;
        return inTime;
    }

    /** Whether the query has ended. */
    public boolean hasEnded() {
        return state == State.ENDED;
    }

    /** Completes each read with its row; those without one with the fact that there is no such user. */
    public void complete(List<UserRow> rows, IdMatch match) {
        completeFound(rows);
        ColdRead.Absent known = connection.isBehind() ? ColdRead.Absent.BEHIND : ColdRead.Absent.ABSENT;
        for (ColdQueue.Read read : reads) {
            read.complete(match.isKnownAbsent(read.id()) ? known : ColdRead.Absent.UNTOLD);
        }
    }

    /** Completes each read that has a row. */
    public void completeFound(List<UserRow> rows) {
        Map<String, UserRow> byId = HashMap.newHashMap(rows.size());
        for (UserRow row : rows) {
            byId.put(row.userId(), row);
        }
        for (ColdQueue.Read read : reads) {
            UserRow row = byId.get(read.id().value());
            if (row != null) {
                User user = new User(read.id(), row.deeplink(), row.promoMessage());
                read.complete(new ColdRead.Present(user, row.isOwn(), connection.isBehind()));
            }
        }
    }

    /** Fails each read that has no outcome yet. */
    public void fail(Failure why) {
        for (ColdQueue.Read read : reads) {
            read.fail(why);
        }
    }

    @Override
    protected boolean isSettled() {
        return state == State.ENDED;
    }

    @Override
    protected void expire() {
        state = State.OVERDUE;
        onOverdue.accept(this);
    }
}
