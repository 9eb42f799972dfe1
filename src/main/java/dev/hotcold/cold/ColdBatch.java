package dev.hotcold.cold;

import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.loop.DeadlineQueue;
import io.vertx.sqlclient.Row;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Reads that travel as one query; with no reads, a probe.
 *
 * <p>Confined to: its event loop.
 */
final class ColdBatch extends DeadlineQueue.Entry {

    private final List<ColdQueue.Read> reads;
    private final PgLane lane;
    private final long sentAt;
    private final Consumer<ColdBatch> onOverdue;
    private boolean ended;

    /** @param onOverdue hears when the query has run out of time */
    ColdBatch(List<ColdQueue.Read> reads, PgLane lane, long sentAt, Consumer<ColdBatch> onOverdue) {
        this.reads = reads;
        this.lane = lane;
        this.sentAt = sentAt;
        this.onOverdue = onOverdue;
    }

    List<ColdQueue.Read> reads() {
        return reads;
    }

    PgLane lane() {
        return lane;
    }

    long sentAt() {
        return sentAt;
    }

    /** The query ended. */
    void end() {
        ended = true;
    }

    /** Whether the query has ended. */
    boolean hasEnded() {
        return ended;
    }

    /** Gives each read its row; those without one learn that there is no such user. */
    void deliver(Iterable<Row> rows) {
        Map<String, Row> byId = HashMap.newHashMap(reads.size());
        for (Row row : rows) {
            byId.put(UserQuery.id(row), row);
        }
        for (ColdQueue.Read read : reads) {
            Row row = byId.get(read.id().value());
            read.succeed(row == null ? ColdRead.Absent.ABSENT : UserQuery.toColdRead(read.id(), row));
        }
    }

    void fail(Failure why) {
        for (ColdQueue.Read read : reads) {
            read.fail(why);
        }
    }

    @Override
    protected boolean isSettled() {
        return ended;
    }

    @Override
    protected void expire() {
        onOverdue.accept(this);
    }
}
