package dev.hotcold.cold.driver;

import dev.hotcold.loop.AnswersInMemory;
import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Follows where messages begin and end in what PostgreSQL sends once the login is over, without decoding them, and refuses what
 * is longer or more than any answer to the service's one query. The driver would wait for the end of a message of any length,
 * and keep all rows.
 *
 * <p>Confined to: the event loop of its connection.
 *
 * @see <a href="https://www.postgresql.org/docs/17/protocol-message-formats.html">Message formats</a>
 */
final class MessageFraming {

    private static final long MEGABYTE = 1 << 20;
    private static final int HEADER = 5;

    /** Of a message that is no row: an error, a notice, the columns. */
    private static final long MOST_BYTES_OF_OTHERS = MEGABYTE;

    /** Between two requests of ours; a query has some hundred ids, and as many rows. */
    private static final int MOST_MESSAGES = 20_000;

    /** Of these, notices and the like. */
    private static final int MOST_UNASKED = 1000;

    private final long mostRowBytes;
    private final long mostBytes;
    private final AnswersInMemory.Share inMemory;

    private byte type;
    private int headerLength;
    private long length;
    private long left;
    private int messages;
    private int unasked;
    private long bytes;

    /**
     * @param heap bytes of memory that the process may have: what stands in it while it is read must leave room
     * @param inMemory what the driver keeps of the answer, until it is complete
     */
    MessageFraming(long heap, AnswersInMemory.Share inMemory) {
        this.inMemory = inMemory;
        this.mostRowBytes = Math.clamp(heap / 8, 8 * MEGABYTE, 64 * MEGABYTE);
        this.mostBytes = Math.clamp(heap / 4, 2 * mostRowBytes, 1024 * MEGABYTE);
    }

    /** A request was sent: what follows answers it. */
    void asked() {
        messages = 0;
        unasked = 0;
        bytes = 0;
        inMemory.released();
    }

    /** The connection has ended. */
    void ended() {
        inMemory.released();
    }

    /**
     * Follows the next bytes, and leaves the buffer as it is.
     *
     * @return why the connection must end, in words that go on "PostgreSQL"; null = it need not
     */
    @Nullable String read(ByteBuf in) {
        int at = in.readerIndex();
        int end = in.writerIndex();
        while (at < end) {
            if (left > 0) {
                int skipped = (int) Math.min(left, end - at);
                left -= skipped;
                at += skipped;
                continue;
            }
            if (headerLength == 0) {
                type = in.getByte(at);
                length = 0;
            } else {
                length = length << 8 | in.getUnsignedByte(at);
            }
            at++;
            if (++headerLength == HEADER) {
                headerLength = 0;
                // The length counts itself, and is signed.
                left = (int) length - 4L;
                String refusal = refusal();
                if (refusal != null) {
                    return refusal;
                }
            }
        }
        return null;
    }

    private @Nullable String refusal() {
        boolean isKnown = switch (type) {
            case 'D', 'T', 'C', 'Z', '1', '2', '3', 'n', 's', 't', 'E', 'N', 'S', 'A', 'I', 'K' -> true;
            default -> false;
        };
        if (!isKnown || left < 0) {
            return "sent what is no answer to a query";
        }
        long most = type == 'D' ? mostRowBytes : MOST_BYTES_OF_OTHERS;
        if (left > most) {
            return "announced a message of " + left + " bytes, and " + most + " are the most";
        }
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
        if (++messages > MOST_MESSAGES) {
            return "answered with more than " + MOST_MESSAGES + " messages";
        }
        if ((type == 'N' || type == 'S' || type == 'A') && ++unasked > MOST_UNASKED) {
            return "sent more than " + MOST_UNASKED + " messages that nobody asked for";
        }
        return null;
    }
}
