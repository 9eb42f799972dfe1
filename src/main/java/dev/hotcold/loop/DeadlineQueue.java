package dev.hotcold.loop;

import java.time.Duration;
import java.util.ArrayDeque;

/**
 * Expires entries that all have the same time to live. Equal lives end in the order in which they began, so a queue and
 * one timer serve any number of entries; a settled entry costs nothing but its place until it reaches the head.
 *
 * <p>Confined to: its event loop.
 *
 * @param <E> what expires
 */
public final class DeadlineQueue<E extends DeadlineQueue.Entry> {

    /** Something that is either settled in time or expires. */
    public abstract static class Entry {

        private long deadline;

        /** Whether it no longer needs to expire. */
        protected abstract boolean isSettled();

        /** Called once, on the event loop, when the time is up and the entry is not settled. */
        protected abstract void expire();
    }

    /** Entries beyond which settled ones are looked for behind the head. */
    private static final int FIRST_SWEEP = 1024;

    private final ArrayDeque<E> entries = new ArrayDeque<>();
    private final Loop loop;
    private final long lifeNanos;
    private boolean timerSet;
    private int sweepAt = FIRST_SWEEP;

    /**
     * @param loop the event loop that entries are confined to
     * @param life how long an entry has; positive
     */
    public DeadlineQueue(Loop loop, Duration life) {
        this.loop = loop;
        this.lifeNanos = life.toNanos();
    }

    /** Starts the entry's time. */
    public void add(E entry) {
        add(entry, loop.nanos());
    }

    /**
     * Starts the entry's time.
     *
     * @param now by the clock of the queue
     */
    public void add(E entry, long now) {
        dropSettled();
        ((Entry) entry).deadline = now + lifeNanos;
        entries.addLast(entry);
        setTimer(lifeNanos);
    }

    private void onTimer() {
        try {
            expireDue();
        } finally {
            // Not before: an entry added by an expiry would set the timer to its own deadline, behind those of the
            // others.
            timerSet = false;
            E next = entries.peekFirst();
            if (next != null) {
                setTimer(((Entry) next).deadline - loop.nanos());
            }
        }
    }

    private void expireDue() {
        long now = loop.nanos();
        E head;
        while ((head = entries.peekFirst()) != null && (head.isSettled() || ((Entry) head).deadline - now <= 0)) {
            entries.pollFirst();
            if (!head.isSettled()) {
                head.expire();
            }
        }
    }

    private void setTimer(long nanos) {
        if (!timerSet) {
            timerSet = true;
            loop.after(Duration.ofNanos(nanos), this::onTimer);
        }
    }

    /**
     * Those at the head each time. Those behind an unsettled head whenever the entries have doubled since, so that what
     * they hold is released long before their time, at a constant cost per entry.
     */
    private void dropSettled() {
        E head;
        while ((head = entries.peekFirst()) != null && head.isSettled()) {
            entries.pollFirst();
        }
        if (entries.size() >= sweepAt) {
            entries.removeIf(Entry::isSettled);
            sweepAt = Math.max(FIRST_SWEEP, 2 * entries.size());
        }
    }
}
