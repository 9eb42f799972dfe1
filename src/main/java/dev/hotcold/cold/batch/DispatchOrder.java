package dev.hotcold.cold.batch;

import dev.hotcold.lookup.ColdRead;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which reads the next query is for. While fresh reads wait, every second query is for them, so that rows that cannot be read cost
 * others half of the queries at most. The rest is, by turns, for parts of a search ({@link Bisection}), and for an id that is read by
 * itself.
 *
 * <p>Confined to: its event loop.
 */
public final class DispatchOrder {

    /**
     * Reads that are to share the next query.
     *
     * @param search that they are part of; null = they are sent for the first time
     */
    public record Turn(List<ColdQueue.Read> reads, @Nullable Search search) {}

    private final ColdQueue queue;
    private final Bisection again;
    private final LoadShedder shedder;
    private boolean freshIsNext = true;
    private boolean partIsNext = true;

    /** The order in which reads are taken from these. */
    public DispatchOrder(ColdQueue queue, Bisection again, LoadShedder shedder) {
        this.queue = queue;
        this.again = again;
        this.shedder = shedder;
    }

    /** Enqueues a read; refuses it when the queue is full. */
    public Future<ColdRead> add(UserId id) {
        return again.isAlone(id) ? queue.addAlone(id) : queue.add(id);
    }

    /** Whether any read waits. */
    public boolean isAnyWaiting() {
        return !queue.isEmpty() || again.waiting() > 0;
    }

    /** Takes the reads for the next query; null = nobody waits for any. */
    public @Nullable Turn next() {
        Turn turn = freshIsNext ? fresh() : other();
        boolean isFresh = freshIsNext;
        if (turn == null) {
            isFresh = !isFresh;
            turn = isFresh ? fresh() : other();
        }
        freshIsNext = !isFresh;
        return turn;
    }

    private @Nullable Turn fresh() {
        return turn(queue.take(freshIds()));
    }

    private @Nullable Turn other() {
        Turn turn = partIsNext ? again.take(shedder.maxIds()) : turn(queue.takeAlone());
        boolean isPart = partIsNext;
        if (turn == null) {
            isPart = !isPart;
            turn = isPart ? again.take(shedder.maxIds()) : turn(queue.takeAlone());
        }
        partIsNext = !isPart;
        return turn;
    }

    private static @Nullable Turn turn(List<ColdQueue.Read> reads) {
        return reads.isEmpty() ? null : new Turn(reads, null);
    }

    private int freshIds() {
        return Math.min(shedder.maxIds(), again.maxFreshIds());
    }

    /** Whether a read of this id that came now would be answered too late, as far as can be estimated. */
    public boolean sheds(UserId id) {
        return again.isAlone(id) ? shedsAlone() : shedsFresh();
    }

    /** Before a fresh one come the full queries that wait, and with each of them and with its own one of another kind. */
    private boolean shedsFresh() {
        int fresh = queue.fresh() / freshIds();
        int others = Math.min(again.parts() + queue.alone(), fresh + 1);
        int parts = Math.min(again.parts(), others);
        return shedder.sheds(fresh + others, fresh * freshIds() + idsOf(parts) + others - parts);
    }

    /** Before one by itself come those that wait, with each of them and with its own a part, and with each of all these a fresh one. */
    private boolean shedsAlone() {
        int alone = queue.alone();
        int parts = Math.min(again.parts(), alone + 1);
        int fresh = Math.min(Math.ceilDiv(queue.fresh(), freshIds()), alone + parts + 1);
        return shedder.sheds(alone + parts + fresh, alone + idsOf(parts) + Math.min(queue.fresh(), fresh * freshIds()));
    }

    private int idsOf(int parts) {
        return parts == 0 ? 0 : Math.ceilDiv(again.waiting() * parts, again.parts());
    }
}
