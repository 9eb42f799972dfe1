package dev.hotcold.hot.batch;

import dev.hotcold.lookup.HotRead;
import dev.hotcold.loop.Completion;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.user.UserId;

/**
 * A read of one user: queued, sent in a batch, and completed or failed once. Its deadline as an entry bounds the wait in the
 * queue.
 *
 * <p>Confined to: its event loop.
 */
final class Read extends DeadlineQueue.Entry implements Completion<HotRead> {

    private enum State {
        NEW,
        /** In the queue, for want of a place among the batches in flight. */
        WAITING,
        SENT,
        ENDED
    }

    private final Reads owner;
    private final UserId id;
    private final Completion<HotRead> outcome;
    private State state = State.NEW;

    Read(Reads owner, UserId id, Completion<HotRead> outcome) {
        this.owner = owner;
        this.id = id;
        this.outcome = outcome;
    }

    UserId id() {
        return id;
    }

    /** It stays in the queue. Whether that is so for the first time, so that its wait begins. */
    boolean beginWaiting() {
        if (state == State.NEW) {
            state = State.WAITING;
            return true;
        }
        return false;
    }

    /** It is taken from the queue for a batch. Whether it still needs to be: otherwise it has waited too long. */
    boolean take() {
        if (state == State.ENDED) {
            return false;
        }
        state = State.SENT;
        return true;
    }

    @Override
    public void complete(HotRead read) {
        if (state != State.ENDED) {
            state = State.ENDED;
            outcome.complete(read);
        }
    }

    @Override
    public void fail(Throwable cause) {
        if (state != State.ENDED) {
            state = State.ENDED;
            outcome.fail(cause);
        }
    }

    @Override
    protected boolean isSettled() {
        return state == State.SENT || state == State.ENDED;
    }

    @Override
    protected void expire() {
        owner.waitedTooLong(this);
    }
}
