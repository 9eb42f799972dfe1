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

    /**
     * Bytes that one answer should take at most, so that as many as there are connections do not crowd each other out. Rows beyond it
     * are asked for once more.
     *
     * @param heap bytes of memory that the process may have
     */
    public static long perAnswer(long heap) {
        return Math.clamp(heap / 64, STEP, 16 * STEP);
    }

    /**
     * The same, where so many answers may be read at once.
     *
     * @param answers one for each connection
     */
    public static long perAnswer(long heap, int answers) {
        return Math.clamp(heap / 8 / answers, STEP / 16, perAnswer(heap));
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

        /** Whether so much is taken together that an answer which can be had in parts should be. */
        public boolean isCrowded() {
            return counted > 0 && taken.get() > most / 2;
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
