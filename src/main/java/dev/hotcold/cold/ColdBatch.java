package dev.hotcold.cold;

import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.DeadlineQueue;
import dev.hotcold.lookup.LookupObserver.Failure;
import io.vertx.sqlclient.Row;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.Consumer;

/**
 * Reads that travel as one query; with no reads, a probe.
 *
 * <p>Confined to: its event loop.
 */
final class ColdBatch extends DeadlineQueue.Entry {

    private static final int SLICE = 32;

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

    /**
     * Gives each read its row; those without one learn that there is no such user. A slice per turn of the loop, since what
     * a read sets off (a response, a fill) takes longer than the reading, and hits should not wait for all of a batch.
     *
     * @throws RuntimeException when a row is no user; then nothing is delivered
     */
    void deliver(Iterable<Row> rows, Executor loop) {
        Map<String, Row> byId = HashMap.newHashMap(reads.size());
        for (Row row : rows) {
            byId.put(UserQuery.id(row), row);
        }
        List<ColdRead> outcomes = new ArrayList<>(reads.size());
        for (ColdQueue.Read read : reads) {
            Row row = byId.get(read.id().value());
            outcomes.add(row == null ? ColdRead.Absent.ABSENT : UserQuery.toColdRead(read.id(), row));
        }
        deliverFrom(0, outcomes, loop);
    }

    private void deliverFrom(int start, List<ColdRead> outcomes, Executor loop) {
        int end = Math.min(start + SLICE, outcomes.size());
        if (end < outcomes.size()) {
            loop.execute(() -> deliverFrom(end, outcomes, loop));
        }
        for (int i = start; i < end; i++) {
            reads.get(i).succeed(outcomes.get(i));
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
