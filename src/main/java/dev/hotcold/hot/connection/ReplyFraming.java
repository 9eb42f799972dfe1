// Long: one state machine, whose states are of no use to anybody else.
package dev.hotcold.hot.connection;

import dev.hotcold.loop.AnswersInMemory;
import io.netty.buffer.ByteBuf;
import io.netty.util.ByteProcessor;
import org.jspecify.annotations.Nullable;

/**
 * Follows where replies and pushes begin and end in what Redis sends (RESP2 and RESP3), without decoding them. It looks only at
 * types and lengths and skips texts, so that a reply costs some nanoseconds for each of its elements, however long they are.
 *
 * <p>Refuses what is beyond the {@link ReplyLimits} when it is announced, before anybody makes room for it; what cannot be
 * read; and a reply that no command has asked for, since every later one would pass for that of another command.
 *
 * <p>Confined to: the event loop of its connection.
 *
 * @see <a href="https://github.com/redis/redis-specifications/blob/master/protocol/RESP3.md">RESP3</a>
 */
final class ReplyFraming {

    private static final String UNREADABLE = "sent what is no reply";
    private static final byte[] INVALIDATE = {'i', 'n', 'v', 'a', 'l', 'i', 'd', 'a', 't', 'e'};
    private static final int CRLF = 2;
    private static final int MOST_DIGITS = 19;
    private static final int MOST_DIGITS_OF_A_LENGTH = 10;

    private final ReplyLimits limits;
    private final PushAllowance pushes;
    private int pushesCame;
    private final AnswersInMemory.Share inMemory;
    /** Elements that are still to come, by depth. */
    private final long[] remaining;

    private int depth;
    private byte type;
    private boolean isPush;
    private boolean isFrameComplete;
    /** Elements of this frame so far, with those that are announced. */
    private long elements;
    /** Bytes of this frame so far, with those that are announced. */
    private long bytes;

    private int lineLength;
    private long number;
    private int digits;
    private boolean isNegative;
    private boolean hasReturn;
    /** Of a text and the end of its line. */
    private long bodyLeft;

    /** How much of the kind of a push is as that of an invalidation; -1 = it is another one. */
    private int kindMatched;

    /** Of a kind that is a line: whether its return has come. */
    private boolean kindEnded;

    private long owed;
    private @Nullable String refusal;

    /** @param inMemory what Lettuce keeps of the reply, until it is complete */
    ReplyFraming(ReplyLimits limits, AnswersInMemory.Share inMemory) {
        this.inMemory = inMemory;
        this.limits = limits;
        this.pushes = new PushAllowance(limits.pushes());
        this.remaining = new long[limits.depth()];
    }

    /** How many pushes have come in all; wraps around. */
    int pushes() {
        return pushesCame;
    }

    /** So many commands have been sent. */
    void asked(int commands) {
        owed += commands;
    }

    /**
     * Follows the next bytes, and leaves the buffer as it is.
     *
     * @param nanos the time, by any clock that does not jump
     * @return why the connection must end, in words that go on "Redis"; null = it need not
     */
    @Nullable String read(ByteBuf in, long nanos) {
        int at = in.readerIndex();
        int end = in.writerIndex();
        while (at < end && refusal == null) {
            if (bodyLeft > 0) {
                at = body(in, at, end);
            } else if (type == 0) {
                begin(in.getByte(at++));
            } else if (isText(type)) {
                at = textLine(in, at, end);
            } else {
                at = numberLine(in, at, end);
            }
            if (isFrameComplete && refusal == null) {
                isFrameComplete = false;
                ended(nanos);
            }
        }
        return refusal;
    }

    private void begin(byte marker) {
        type = marker;
        lineLength = 0;
        number = 0;
        digits = 0;
        hasReturn = false;
        isNegative = false;
        if (depth > 0) {
            bytes++;
            if (marker == '>') {
                refuse("sent a push inside of a reply");
            } else if (isKind() && marker != '$' && marker != '+') {
                refuse("sent a push without a kind");
            } else if (isPush && kindMatched == INVALIDATE.length && !belongsToInvalidation(marker)) {
                refuse(UNREADABLE);
            }
            return;
        }
        isPush = marker == '>';
        kindMatched = 0;
        kindEnded = false;
        elements = 0;
        bytes = 1;
        if (!isPush && owed == 0) {
            refuse("sent a reply that no command had asked for");
        }
    }

    /** Behind its kind, an invalidation has a list of keys, or nothing in place of it: all keys. */
    private boolean belongsToInvalidation(byte marker) {
        return depth == 1 ? marker == '*' || marker == '_' || marker == '$' : marker == '$';
    }

    private static boolean isText(byte type) {
        return switch (type) {
            case '+', '-', ',', '(', '#', '_' -> true;
            default -> false;
        };
    }

    private int textLine(ByteBuf in, int at, int end) {
        int lineFeed = in.forEachByte(at, Math.min(end - at, limits.lineBytes() + 1), ByteProcessor.FIND_LF);
        int next = lineFeed < 0 ? Math.min(end, at + limits.lineBytes() + 1) : lineFeed + 1;
        if (isKind() && kindMatched >= 0) {
            matchKind(in, at, lineFeed < 0 ? next : lineFeed);
        }
        lineLength += next - at;
        if (lineLength > limits.lineBytes()) {
            refuse("sent a line of more than " + limits.lineBytes() + " bytes");
        } else if (lineFeed >= 0) {
            boolean endsWell = lineFeed > at ? in.getByte(lineFeed - 1) == '\r' : hasReturn;
            if (!endsWell) {
                refuse(UNREADABLE);
            }
            bytes += lineLength;
            elementEnded();
        }
        hasReturn = in.getByte(next - 1) == '\r';
        return next;
    }

    /** A number: the value itself, or how much follows. */
    private int numberLine(ByteBuf in, int from, int end) {
        int at = from;
        while (at < end) {
            byte next = in.getByte(at++);
            lineLength++;
            if (hasReturn) {
                hasReturn = false;
                if (next == '\n' && digits > 0) {
                    bytes += lineLength;
                    numbered();
                } else {
                    refuse(UNREADABLE);
                }
                return at;
            }
            if (next >= '0' && next <= '9' && digits < (type == ':' ? MOST_DIGITS : MOST_DIGITS_OF_A_LENGTH)) {
                number = 10 * number + next - '0';
                digits++;
            } else if (next == '\r') {
                hasReturn = true;
            } else if (lineLength == 1 && (next == '-' || next == '+')) {
                isNegative = next == '-';
            } else {
                refuse(UNREADABLE);
                return at;
            }
        }
        return at;
    }

    private void numbered() {
        switch (type) {
            case ':' -> elementEnded();
            case '$', '=' -> text(limits.bulkBytes());
            case '!' -> text(limits.lineBytes());
            case '*', '~', '>' -> aggregate(number);
            case '%' -> aggregate(number > limits.elements() ? number : 2 * number);
            default -> refuse(UNREADABLE);
        }
    }

    private void text(long most) {
        if (isNegative) {
            nothing();
        } else if (number > most) {
            refuse("announced a value of " + number + " bytes, and " + most + " are the most");
        } else if (type == '=' && number < 4) {
            refuse(UNREADABLE);
        } else if (bytes + number > limits.replyBytes()) {
            refuse("sent a reply of more than " + limits.replyBytes() + " bytes");
        } else {
            bytes += number + CRLF;
            bodyLeft = number + CRLF;
            String tooMuch = inMemory.grown(bytes);
            if (!tooMuch.isEmpty()) {
                refuse(tooMuch);
            }
        }
    }

    private void aggregate(long count) {
        if (isNegative) {
            nothing();
            return;
        }
        if (count > limits.elements() || elements + count > limits.elements()) {
            refuse("announced a reply of more than " + limits.elements() + " elements");
        } else if (count == 0) {
            if (depth == 0 && isPush) {
                refuse("sent a push without a kind");
            }
            elementEnded();
        } else if (depth == remaining.length) {
            refuse("sent a reply of more than " + remaining.length + " arrays in each other");
        } else {
            elements += count;
            remaining[depth++] = count;
            type = 0;
        }
    }

    /** There is no text and no array: a length of -1. */
    private void nothing() {
        if (number != 1 || type == '>' || type == '!') {
            refuse(UNREADABLE);
        } else {
            elementEnded();
        }
    }

    private int body(ByteBuf in, int at, int end) {
        int length = (int) Math.min(bodyLeft, end - at);
        int next = at + length;
        if (isKind() && kindMatched >= 0) {
            matchKind(in, at, (int) Math.min(next, at + Math.max(0, bodyLeft - CRLF)));
        }
        bodyLeft -= length;
        if (bodyLeft == 0) {
            if (in.getByte(next - 1) != '\n') {
                refuse("sent a value that is longer than announced");
            }
            elementEnded();
        }
        return next;
    }

    /** The first element of a push, a text, says what it is. */
    private boolean isKind() {
        return isPush && depth == 1 && elements == remaining[0];
    }

    private void matchKind(ByteBuf in, int from, int to) {
        for (int at = from; at < to && kindMatched >= 0; at++) {
            byte next = in.getByte(at);
            if (type == '+' && next == '\r' && !kindEnded) {
                // The line may be cut behind it.
                kindEnded = true;
            } else {
                boolean matches = !kindEnded && kindMatched < INVALIDATE.length && next == INVALIDATE[kindMatched];
                kindMatched = matches ? kindMatched + 1 : -1;
            }
        }
    }

    private void elementEnded() {
        type = 0;
        while (depth > 0 && --remaining[depth - 1] == 0) {
            depth--;
        }
        isFrameComplete = depth == 0;
    }

    /** The connection has ended. */
    void close() {
        inMemory.released();
    }

    private void ended(long nanos) {
        inMemory.released();
        if (isPush) {
            pushesCame++;
            refusal = pushes.came(kindMatched == INVALIDATE.length, elements, nanos);
        } else {
            owed--;
        }
    }

    private void refuse(String why) {
        refusal = why;
    }
}
