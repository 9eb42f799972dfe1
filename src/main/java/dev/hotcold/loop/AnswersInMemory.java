package dev.hotcold.loop;

import java.util.concurrent.atomic.AtomicLong;

/**
 * How much of the heap the answers take that are just being read from the stores, on all connections of the process together. Each
 * connection has bounds of its own; a broken or hostile store could reach them on many at once. Thread-safe.
 */
public final class AnswersInMemory {

    /** Of this process. */
    public static final AnswersInMemory OF_PROCESS =
            new AnswersInMemory(Runtime.getRuntime().maxMemory() / 4);

    /** Answers of less are not counted, and so cost nothing. */
    static final long STEP = 1 << 20;

    private final long most;
    private final AtomicLong taken = new AtomicLong();

    /** @param most bytes of all answers together */
    public AnswersInMemory(long most) {
        this.most = most;
    }

    /** What one connection takes: nothing yet. */
    public Share share() {
        return new Share();
    }

    /** Bytes that are counted now. */
    long taken() {
        return taken.get();
    }

    /**
     * What one connection takes.
     *
     * <p>Confined to: one thread.
     */
    public final class Share {

        private long counted;

        private Share() {}

        /**
         * The answer that is being read has grown.
         *
         * @param bytes of it so far, with those that are announced
         * @return why it may not, in words that go on the store's name; "" = it may
         */
        public String grown(long bytes) {
            count(bytes / STEP * STEP);
            return counted > 0 && taken.get() > most
                    ? "sent answers of more than " + most + " bytes, together with what other connections are reading"
                    : "";
        }

        /** The answer has been read, or the connection has ended. */
        public void released() {
            count(0);
        }

        private void count(long bytes) {
            if (bytes != counted) {
                taken.addAndGet(bytes - counted);
                counted = bytes;
            }
        }
    }
}
