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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
        private final boolean isAlone;

        /** Null once it has one: the queue of deadlines keeps reads for longer, and a user may be large. */
        private @Nullable Promise<ColdRead> outcome;

        private final long queuedAt = loop.nanos();
        private State state = State.WAITING;

        private Read(UserId id, boolean isAlone, Promise<ColdRead> outcome) {
            this.id = id;
            this.isAlone = isAlone;
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
            if (isAlone) {
                aloneReads--;
                alone.computeIfPresent(id, (_, same) -> same.remove(this) && same.isEmpty() ? null : same);
            }
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

    /** Those that share their query with none of another id. */
    private final Map<UserId, List<Read>> alone = new LinkedHashMap<>();

    private int waiting;
    private int aloneReads;
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

    /** How many of them share their query with any other. */
    int fresh() {
        return waiting - aloneReads;
    }

    /** How many ids wait that are read by themselves. */
    int alone() {
        return alone.size();
    }

    /** Enqueues a read; refuses it when the queue is full. */
    public Future<ColdRead> add(UserId id) {
        return add(id, false);
    }

    /** The same for a read that is to share its query with none of another id. */
    Future<ColdRead> addAlone(UserId id) {
        return add(id, true);
    }

    private Future<ColdRead> add(UserId id, boolean isAlone) {
        assert loop.isCurrent();
        if (waiting >= capacity) {
            return refuse();
        }
        Promise<ColdRead> outcome = Promise.promise();
        Read read = new Read(id, isAlone, outcome);
        if (isAlone) {
            alone.computeIfAbsent(id, _ -> new ArrayList<>()).add(read);
            aloneReads++;
        } else {
            reads.addLast(read);
        }
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
        Read oldest;
        while ((oldest = reads.peekFirst()) != null && oldest.state != State.WAITING) {
            reads.pollFirst();
            refuseIfLate(oldest);
        }
        allAlone().forEach(ColdQueue::refuseIfLate);
    }

    private static void refuseIfLate(Read read) {
        if (read.state == State.LATE) {
            read.refuse();
        }
    }

    private List<Read> allAlone() {
        return alone.values().stream().flatMap(List::stream).toList();
    }

    /** Takes the oldest reads, at most so many, but for those of ids that are read by themselves. */
    List<Read> take(int limit) {
        List<Read> batch = new ArrayList<>(Math.min(limit, fresh()));
        Read read;
        while (batch.size() < limit && (read = reads.pollFirst()) != null) {
            if (read.state != State.DEQUEUED) {
                read.dequeue();
                batch.add(read);
            }
        }
        return batch;
    }

    /** Takes all reads of the id that has waited longest of those that are read by themselves; none = there is no such id. */
    List<Read> takeAlone() {
        return alone.isEmpty() ? List.of() : dequeued(alone.values().iterator().next());
    }

    private static List<Read> dequeued(List<Read> some) {
        List<Read> batch = List.copyOf(some);
        batch.forEach(Read::dequeue);
        return batch;
    }

    /** Fails all that wait. */
    public void failAll(Failure why) {
        List<Read> all = take(Integer.MAX_VALUE);
        all.addAll(dequeued(allAlone()));
        for (Read read : all) {
            read.fail(why);
        }
    }
}
