package dev.hotcold.hot;

import dev.hotcold.lookup.HotRead;
import dev.hotcold.loop.Completion;
import dev.hotcold.loop.DeadlineQueue;
import dev.hotcold.user.UserId;
import io.lettuce.core.protocol.Command;
import io.lettuce.core.protocol.CommandType;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads that travel as one MGET. Its deadline settles the reads; the reply may still be owed afterwards, and the batch
 * is over only when that comes or the connection breaks.
 *
 * <p>Confined to: its event loop.
 */
final class ReadBatch extends DeadlineQueue.Entry {

    /** One key that somebody waits for. */
    static final class Read extends DeadlineQueue.Entry {

        private final UserId id;
        private final Completion<HotRead> reader;
        private final Consumer<Read> waitedTooLong;
        private boolean sent;
        private boolean waiting;
        private boolean ended;

        /** @param waitedTooLong hears of a read that has waited too long to be sent */
        Read(UserId id, Completion<HotRead> reader, Consumer<Read> waitedTooLong) {
            this.id = id;
            this.reader = reader;
            this.waitedTooLong = waitedTooLong;
        }

        UserId id() {
            return id;
        }

        /** Whether its time to wait starts with this call, rather than having started before. */
        boolean beginWaiting() {
            boolean first = !waiting;
            waiting = true;
            return first;
        }

        void succeed(HotRead read) {
            if (!ended) {
                ended = true;
                reader.complete(read);
            }
        }

        void fail(Throwable failure) {
            if (!ended) {
                ended = true;
                reader.fail(failure);
            }
        }

        @Override
        protected boolean isSettled() {
            return sent || ended;
        }

        @Override
        protected void expire() {
            waitedTooLong.accept(this);
        }
    }

    /** What happens to a batch. */
    interface Events {

        void replied(ReadBatch batch, MgetOutput reply);

        void broke(ReadBatch batch, Throwable failure);

        void expired(ReadBatch batch);
    }

    private final List<Read> reads;
    private final RedisBreaker.Sending sending;
    private final Events events;
    private int sendings;
    private boolean settled;
    private boolean overdue;

    ReadBatch(List<Read> reads, RedisBreaker.Sending sending, Events events) {
        this.reads = reads;
        this.sending = sending;
        this.events = events;
        for (Read read : reads) {
            read.sent = true;
        }
    }

    List<Read> reads() {
        return reads;
    }

    /** When it was first sent. */
    RedisBreaker.Sending sending() {
        return sending;
    }

    /** How often it was sent. */
    int sendings() {
        return sendings;
    }

    /** Whether its time ran out before the reply. */
    boolean isOverdue() {
        return overdue;
    }

    /** A fresh command for a sending of this batch. */
    Command<byte[], byte[], @Nullable Void> toCommand() {
        sendings++;
        MgetKeys keys = new MgetKeys(reads.size());
        for (Read read : reads) {
            keys.add(read.id());
        }
        MgetOutput reply = new MgetOutput(reads.size());
        return new Command<>(CommandType.MGET, reply, keys) {
            @Override
            public void complete() {
                super.complete();
                end(() -> events.replied(ReadBatch.this, reply));
            }

            @Override
            public boolean completeExceptionally(Throwable failure) {
                boolean first = super.completeExceptionally(failure);
                end(() -> events.broke(ReadBatch.this, failure));
                return first;
            }

            @Override
            public void cancel() {
                super.cancel();
                end(() -> events.broke(ReadBatch.this, new IllegalStateException("cancelled")));
            }

            private boolean ended;

            private void end(Runnable event) {
                if (!ended) {
                    ended = true;
                    event.run();
                }
            }
        };
    }

    void settle() {
        settled = true;
    }

    @Override
    protected boolean isSettled() {
        return settled;
    }

    @Override
    protected void expire() {
        overdue = true;
        settled = true;
        events.expired(this);
    }
}
