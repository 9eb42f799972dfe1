package dev.hotcold.cold;

import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The reads that wait for their query: bounded, in order of arrival, and not for long. A read that finds no place, or has
 * waited too long although others were served meanwhile, is refused: that is overload. One that has waited in vain while
 * none was served fails with the budget: that is a store that does not answer.
 *
 * <p>Confined to: its event loop.
 */
final class ColdQueue {

    /** One id that somebody waits for. */
    final class Read extends DeadlineQueue.Entry {

        private final UserId id;
        private final Promise<ColdRead> outcome = Promise.promise();
        private final long queuedAt = loop.nanos();
        private boolean dequeued;
        private boolean patient = true;

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
            if (servedLastAt - queuedAt >= 0) {
                dequeue();
                refuse();
            } else if (patient) {
                patient = false;
                secondDeadlines.add(this);
            } else {
                dequeue();
                fail(Failure.TIMEOUT);
            }
        }

        private void refuse() {
            observer.coldReadsFailed(1, Failure.OVERLOADED);
            outcome.tryComplete(ColdRead.Refused.REFUSED);
        }

        private void dequeue() {
            dequeued = true;
            waiting--;
            observer.coldReadsDequeued(1);
        }
    }

    private final int capacity;
    private final LookupObserver observer;
    private final Loop loop;
    private final DeadlineQueue<Read> firstDeadlines;
    private final DeadlineQueue<Read> secondDeadlines;
    private final ArrayDeque<Read> reads = new ArrayDeque<>();
    private int waiting;
    private long servedLastAt;

    /**
     * @param capacity how many may wait
     * @param patience how long one waits while others are served
     * @param budget how long one waits in any case; more than the patience
     */
    ColdQueue(int capacity, Duration patience, Duration budget, LookupObserver observer, Loop loop) {
        this.capacity = capacity;
        this.observer = observer;
        this.loop = loop;
        this.firstDeadlines = new DeadlineQueue<>(loop, patience);
        this.secondDeadlines = new DeadlineQueue<>(loop, budget.minus(patience));
        this.servedLastAt = loop.nanos() - 1;
    }

    boolean isEmpty() {
        return waiting == 0;
    }

    /** How many wait. */
    int size() {
        return waiting;
    }

    /** Queues a read; null when the queue is full. */
    @Nullable Future<ColdRead> add(UserId id) {
        if (waiting >= capacity) {
            return null;
        }
        Read read = new Read(id);
        reads.addLast(read);
        waiting++;
        firstDeadlines.add(read);
        observer.coldReadQueued();
        return read.outcome.future();
    }

    /** The store has answered reads. Those that lost their patience before are refused: they would be answered too late. */
    void served() {
        servedLastAt = loop.nanos();
        Read oldest;
        while ((oldest = reads.peekFirst()) != null && (oldest.dequeued || !oldest.patient)) {
            reads.pollFirst();
            if (!oldest.dequeued) {
                oldest.dequeue();
                oldest.refuse();
            }
        }
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
