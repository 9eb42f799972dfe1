package dev.hotcold.cold.driver;

import dev.hotcold.loop.AnswersInMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Follows where messages begin and end in what PostgreSQL sends once the login is over, without decoding them, and refuses what
 * is longer or more than any answer to the service's one query. The driver would wait for the end of a message of any length,
 * and keep all rows.
 *
 * <p>Rows of which an honest server may send too many, or too long ones, are no reason to end the connection: those that do not
 * fit are kept from the driver, which so finds an answer with fewer rows. {@link #isCut} tells.
 *
 * <p>Confined to: the event loop of its connection.
 *
 * @see <a href="https://www.postgresql.org/docs/17/protocol-message-formats.html">Message formats</a>
 */
final class MessageFraming {

    private static final long MEGABYTE = 1 << 20;
    private static final int HEADER = 5;

    /** Of a row: PostgreSQL makes no longer message. */
    private static final long MOST_BYTES_OF_ROWS = 1024 * MEGABYTE;

    /** Of a message that is no row: an error, a notice, the columns. */
    private static final long MOST_BYTES_OF_OTHERS = MEGABYTE;

    /** Between two requests of ours; a query has some hundred ids, and as many rows. */
    private static final int MOST_MESSAGES = 20_000;

    /** Of these, notices and the like. */
    private static final int MOST_UNASKED = 1000;

    private final long mostRowBytes;
    private final long mostBytes;
    private final long enoughBytes;
    private final AnswersInMemory.Share inMemory;

    /** For the driver, in this order. */
    private final ArrayDeque<ByteBuf> kept = new ArrayDeque<>();

    private final byte[] header = new byte[HEADER];
    private int headerLength;
    private long left;
    private boolean skips;

    private int messages;
    private int unasked;
    private int rows;
    private long rowBytes;
    private long bytes;
    private boolean isCut;

    /**
     * @param heap bytes of memory that the process may have: what stands in it while it is read must leave room
     * @param inMemory what the driver keeps of the answer, until it is complete
     */
    MessageFraming(long heap, AnswersInMemory.Share inMemory) {
        this.inMemory = inMemory;
        this.mostRowBytes = Math.clamp(heap / 8, 8 * MEGABYTE, 64 * MEGABYTE);
        this.mostBytes = Math.clamp(heap / 4, 2 * mostRowBytes, 1024 * MEGABYTE);
        this.enoughBytes = AnswersInMemory.perAnswer(heap);
    }

    /** A request was sent: what follows answers it. */
    void asked() {
        messages = 0;
        unasked = 0;
        rows = 0;
        rowBytes = 0;
        bytes = 0;
        isCut = false;
        inMemory.released();
    }

    /** The connection has ended. */
    void ended() {
        inMemory.released();
        ByteBuf next;
        while ((next = kept.poll()) != null) {
            next.release();
        }
    }

    /** Whether rows of the last answer were kept from the driver. The first one never is, but for its own length. */
    boolean isCut() {
        return isCut;
    }

    /** Bytes of the rows of the last answer that the driver got. */
    long rowBytes() {
        return rowBytes;
    }

    /**
     * Follows the next bytes, and leaves the buffer as it is.
     *
     * @return why the connection must end, in words that go on "PostgreSQL"; null = it need not
     */
    @Nullable String read(ByteBuf in) {
        int at = in.readerIndex();
        int end = in.writerIndex();
        int from = at;
        int headerAt = at;
        boolean headerBeganEarlier = headerLength > 0;
        while (at < end) {
            if (left > 0) {
                int passed = (int) Math.min(left, end - at);
                left -= passed;
                at += passed;
                if (skips) {
                    from = at;
                }
                continue;
            }
            if (headerLength == 0) {
                headerAt = at;
            }
            header[headerLength++] = in.getByte(at++);
            if (headerLength == HEADER) {
                headerLength = 0;
                String refusal = begin();
                if (refusal != null) {
                    return refusal;
                }
                if (skips) {
                    keep(in, from, headerAt);
                    from = at;
                } else if (headerBeganEarlier) {
                    kept.add(Unpooled.copiedBuffer(header));
                    from = at;
                }
                headerBeganEarlier = false;
            }
        }
        // Whether the driver gets a message is known when its header is complete.
        keep(in, from, headerLength > 0 ? headerAt : end);
        return null;
    }

    /** The next piece for the driver of what was read, which the caller releases; null = that is all. */
    @Nullable ByteBuf next() {
        return kept.poll();
    }

    private void keep(ByteBuf in, int from, int to) {
        if (from == in.readerIndex() && to == in.writerIndex()) {
            kept.add(in.retain());
        } else if (from < to) {
            kept.add(in.retainedSlice(from, to - from));
        }
    }

    /** A header is complete. */
    private @Nullable String begin() {
        byte type = header[0];
        int length = (header[1] & 0xff) << 24 | (header[2] & 0xff) << 16 | (header[3] & 0xff) << 8 | (header[4] & 0xff);
        // The length counts itself, and is signed.
        left = length - 4L;
        boolean isKnown = switch (type) {
            case 'D', 'T', 'C', 'Z', '1', '2', '3', 'n', 's', 't', 'E', 'N', 'S', 'A', 'I', 'K' -> true;
            default -> false;
        };
        if (!isKnown || left < 0) {
            return "sent what is no answer to a query";
        }
        long most = type == 'D' ? MOST_BYTES_OF_ROWS : MOST_BYTES_OF_OTHERS;
        if (left > most) {
            return "announced a message of " + left + " bytes, and " + most + " are the most";
        }
        if (++messages > MOST_MESSAGES) {
            return "answered with more than " + MOST_MESSAGES + " messages";
        }
        skips = type == 'D' && (left > mostRowBytes || (rows > 0 && isEnough()));
        if (skips) {
            isCut = true;
            return null;
        }
        if (type == 'D') {
            rows++;
            rowBytes += left;
        }
        return counted(type);
    }

    private boolean isEnough() {
        return rowBytes + left > enoughBytes || inMemory.isCrowded();
    }

    private @Nullable String counted(byte type) {
        bytes += left;
        if (bytes > mostBytes) {
            return "answered with more than " + mostBytes + " bytes";
        }
        String tooMuch = inMemory.grown(bytes);
        if (!tooMuch.isEmpty()) {
            return tooMuch;
        }
        if (type == 'Z') {
            inMemory.released();
        }
        if ((type == 'N' || type == 'S' || type == 'A') && ++unasked > MOST_UNASKED) {
            return "sent more than " + MOST_UNASKED + " messages that nobody asked for";
        }
        return null;
    }
}
