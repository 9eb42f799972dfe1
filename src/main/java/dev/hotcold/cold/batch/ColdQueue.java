package dev.hotcold.cold.batch;

import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The reads that wait for their query: bounded, in order of arrival, and not for long. A read that finds no room, or has
 * waited too long although others were served meanwhile, is refused: that is overload. One that has waited for the whole
 * budget while none was served fails: that is a store that does not answer.
 *
 * <p>Confined to: its event loop.
 */
public final class ColdQueue {

    private enum State {
        /** Within the time that a read waits while others are served. */
        WAITING,
        /** Beyond it: refused as soon as others are served, for it would be answered too late. */
        LATE,
        /** Taken, refused or failed. */
        DEQUEUED
    }

    /** A read of one id. */
    public final class Read extends DeadlineQueue.Entry {

        private final UserId id;
        private final Promise<ColdRead> outcome = Promise.promise();
        private final long queuedAt = loop.nanos();
        private State state = State.WAITING;

        private Read(UserId id) {
            this.id = id;
        }

        UserId id() {
            return id;
        }

        void complete(ColdRead read) {
            outcome.tryComplete(read);
        }

        void fail(Failure why) {
            if (outcome.tryFail(new StoreFailure("PostgreSQL", why))) {
                observer.coldReadsFailed(1, why);
            }
        }

        @Override
        protected boolean isSettled() {
            return state == State.DEQUEUED;
        }

        @Override
        protected void expire() {
            if (servedLastAt - queuedAt >= 0) {
                refuse();
            } else if (state == State.WAITING) {
                state = State.LATE;
                lateDeadlines.add(this);
            } else {
                dequeue();
                fail(Failure.TIMEOUT);
            }
        }

        private void refuse() {
            dequeue();
            observer.coldReadsFailed(1, Failure.OVERLOADED);
            complete(ColdRead.Refused.REFUSED);
        }

        private void dequeue() {
            state = State.DEQUEUED;
            waiting--;
            observer.coldReadsDequeued(1);
        }
    }

    private final int capacity;
    private final LookupObserver observer;
    private final Loop loop;
    private final DeadlineQueue<Read> deadlines;
    private final DeadlineQueue<Read> lateDeadlines;
    private final ArrayDeque<Read> reads = new ArrayDeque<>();
    private int waiting;
    private long servedLastAt;

    /** @param capacity how many may wait */
    public ColdQueue(int capacity, RequestBudget budget, LookupObserver observer, Loop loop) {
        this.capacity = capacity;
        this.observer = observer;
        this.loop = loop;
        this.deadlines = new DeadlineQueue<>(loop, budget.coldQueue());
        this.lateDeadlines = new DeadlineQueue<>(loop, budget.total().minus(budget.coldQueue()));
        this.servedLastAt = loop.nanos() - 1;
    }

    /** Whether none waits. */
    public boolean isEmpty() {
        return waiting == 0;
    }

    /** How many wait. */
    public int size() {
        return waiting;
    }

    /** Enqueues a read; refuses it when the queue is full. */
    public Future<ColdRead> add(UserId id) {
        assert loop.isCurrent();
        if (waiting >= capacity) {
            return refuse();
        }
        Read read = new Read(id);
        reads.addLast(read);
        waiting++;
        deadlines.add(read);
        observer.coldReadQueued();
        return read.outcome.future();
    }

    /** Refuses a read: there is overload. */
    public Future<ColdRead> refuse() {
        observer.coldReadsFailed(1, Failure.OVERLOADED);
        return Future.succeededFuture(ColdRead.Refused.REFUSED);
    }

    /** The store has answered reads. Those that have waited too long are refused: they would be answered too late. */
    public void served() {
        servedLastAt = loop.nanos();
        Read oldest;
        while ((oldest = reads.peekFirst()) != null && oldest.state != State.WAITING) {
            reads.pollFirst();
            if (oldest.state == State.LATE) {
                oldest.refuse();
            }
        }
    }

    /** Takes the oldest reads, at most so many. */
    public List<Read> take(int limit) {
        List<Read> batch = new ArrayList<>(Math.min(limit, waiting));
        Read read;
        while (batch.size() < limit && (read = reads.pollFirst()) != null) {
            if (read.state != State.DEQUEUED) {
                read.dequeue();
                batch.add(read);
            }
        }
        return batch;
    }

    /** Fails all that wait. */
    public void failAll(Failure why) {
        for (Read read : take(Integer.MAX_VALUE)) {
            read.fail(why);
        }
    }
}
