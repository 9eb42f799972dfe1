package dev.hotcold.cold;

import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.DeadlineQueue;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The reads that wait for their query: bounded, in order of arrival, each with a deadline.
 *
 * <p>Confined to: its event loop.
 */
final class ColdQueue {

    /** One id that somebody waits for. */
    final class Read extends DeadlineQueue.Entry {

        private final UserId id;
        private final Promise<ColdRead> outcome = Promise.promise();
        private boolean dequeued;

        Read(UserId id) {
            this.id = id;
        }

        UserId id() {
            return id;
        }

        void succeed(ColdRead read) {
            outcome.tryComplete(read);
        }

        void fail(Failure why) {
            if (outcome.tryFail(new StoreFailure("PostgreSQL", why))) {
                observer.coldReadsFailed(1, why);
            }
        }

        @Override
        protected boolean isSettled() {
            return dequeued;
        }

        @Override
        protected void expire() {
            dequeue();
            fail(Failure.TIMEOUT);
        }

        private void dequeue() {
            dequeued = true;
            waiting--;
            observer.coldReadsDequeued(1);
        }
    }

    private final int capacity;
    private final LookupObserver observer;
    private final DeadlineQueue<Read> deadlines;
    private final ArrayDeque<Read> reads = new ArrayDeque<>();
    private int waiting;

    ColdQueue(int capacity, LookupObserver observer, DeadlineQueue<Read> deadlines) {
        this.capacity = capacity;
        this.observer = observer;
        this.deadlines = deadlines;
    }

    boolean isEmpty() {
        return waiting == 0;
    }

    /** Queues a read; null when the queue is full. */
    @Nullable Future<ColdRead> add(UserId id) {
        if (waiting >= capacity) {
            return null;
        }
        Read read = new Read(id);
        reads.addLast(read);
        waiting++;
        deadlines.add(read);
        observer.coldReadQueued();
        return read.outcome.future();
    }

    /** Takes the oldest reads, at most so many. */
    List<Read> take(int most) {
        List<Read> batch = new ArrayList<>(Math.min(most, waiting));
        Read read;
        while (batch.size() < most && (read = reads.pollFirst()) != null) {
            if (!read.dequeued) {
                read.dequeue();
                batch.add(read);
            }
        }
        return batch;
    }

    /** Fails all that waits. */
    void failAll(Failure why) {
        for (Read read : take(Integer.MAX_VALUE)) {
            read.fail(why);
        }
    }
}
