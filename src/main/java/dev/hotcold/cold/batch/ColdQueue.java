package dev.hotcold.cold.batch;

import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.lookup.StoreFailure;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

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

        /** Null once it has one: the queue of deadlines keeps reads for longer, and a user may be large. */
        private @Nullable Promise<ColdRead> outcome;

        private final long queuedAt = loop.nanos();
        private State state = State.WAITING;

        private Read(UserId id, Promise<ColdRead> outcome) {
            this.id = id;
            this.outcome = outcome;
        }

        UserId id() {
            return id;
        }

        /** Whether somebody may still wait for the outcome: it has none, and the time of a caller is not over. */
        boolean isWanted() {
            return outcome != null && loop.nanos() - queuedAt < totalNanos;
        }

        void complete(ColdRead read) {
            Promise<ColdRead> waiting = outcome;
            if (waiting != null) {
                outcome = null;
                waiting.complete(read);
            }
        }

        void fail(Failure why) {
            Promise<ColdRead> waiting = outcome;
            if (waiting != null) {
                outcome = null;
                waiting.fail(new StoreFailure("PostgreSQL", why));
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
                if (!health.isDegraded()) {
                    health.degraded("no reply in time");
                }
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
    private final StoreHealth health;
    private final Loop loop;
    private final long totalNanos;
    private final DeadlineQueue<Read> deadlines;
    private final DeadlineQueue<Read> lateDeadlines;
    private final ArrayDeque<Read> reads = new ArrayDeque<>();

    /** Those that share their query with no other. */
    private final ArrayDeque<Read> alone = new ArrayDeque<>();

    private boolean aloneIsNext;
    private int waiting;
    private long servedLastAt;

    /**
     * An empty queue.
     *
     * @param capacity how many may wait
     * @param health of the store; told when it serves none
     */
    public ColdQueue(int capacity, RequestBudget budget, LookupObserver observer, StoreHealth health, Loop loop) {
        this.capacity = capacity;
        this.health = health;
        this.observer = observer;
        this.loop = loop;
        this.totalNanos = budget.total().toNanos();
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
        return add(id, reads);
    }

    /** The same for a read that is to share its query with no other. */
    public Future<ColdRead> addAlone(UserId id) {
        return add(id, alone);
    }

    private Future<ColdRead> add(UserId id, ArrayDeque<Read> to) {
        assert loop.isCurrent();
        if (waiting >= capacity) {
            return refuse();
        }
        Promise<ColdRead> outcome = Promise.promise();
        Read read = new Read(id, outcome);
        to.addLast(read);
        waiting++;
        deadlines.add(read);
        observer.coldReadQueued();
        return outcome.future();
    }

    /** Refuses a read: there is overload. */
    public Future<ColdRead> refuse() {
        observer.coldReadsFailed(1, Failure.OVERLOADED);
        return Future.succeededFuture(ColdRead.Refused.REFUSED);
    }

    /** The store has answered reads. Those that have waited too long are refused: they would be answered too late. */
    public void served() {
        servedLastAt = loop.nanos();
        refuseLate(reads);
        refuseLate(alone);
    }

    private static void refuseLate(ArrayDeque<Read> from) {
        Read oldest;
        while ((oldest = from.peekFirst()) != null && oldest.state != State.WAITING) {
            from.pollFirst();
            if (oldest.state == State.LATE) {
                oldest.refuse();
            }
        }
    }

    /** Takes the oldest reads, at most so many; by turns the oldest of those that are taken by themselves. */
    public List<Read> take(int limit) {
        List<Read> batch = new ArrayList<>(Math.min(limit, waiting));
        aloneIsNext = !aloneIsNext;
        if (aloneIsNext) {
            take(alone, 1, batch);
        }
        if (batch.isEmpty()) {
            take(reads, limit, batch);
        }
        if (batch.isEmpty()) {
            take(alone, 1, batch);
        }
        return batch;
    }

    private static void take(ArrayDeque<Read> from, int limit, List<Read> batch) {
        Read read;
        while (batch.size() < limit && (read = from.pollFirst()) != null) {
            if (read.state != State.DEQUEUED) {
                read.dequeue();
                batch.add(read);
            }
        }
    }

    /** Fails all that wait. */
    public void failAll(Failure why) {
        List<Read> all = new ArrayList<>(waiting);
        take(reads, Integer.MAX_VALUE, all);
        take(alone, Integer.MAX_VALUE, all);
        for (Read read : all) {
            read.fail(why);
        }
    }
}
