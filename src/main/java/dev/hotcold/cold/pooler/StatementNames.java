package dev.hotcold.cold.pooler;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;

/**
 * Gives the prepared statements of one connection names that no other client has. The driver counts: 0000000, 0000001, …, as
 * everybody's does. Where a pooler has given the session to others, such a name would run another application's statement; one of
 * these is unknown there, which PostgreSQL says.
 *
 * <p>Names are replaced in place, in the messages that the driver sends, so that a query costs no copy.
 *
 * <p>Confined to: the event loop of its connection.
 *
 * @see <a href="https://www.postgresql.org/docs/17/protocol-message-formats.html">Message formats</a>
 */
public final class StatementNames {

    private static final SecureRandom RANDOM = new SecureRandom();

    /** Six bits each. */
    private static final byte[] DIGITS =
            "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-".getBytes(StandardCharsets.US_ASCII);

    private static final int HEADER = 5;

    /** The shortest name of the driver's. Longer ones begin with three zeros and more digits, and stay apart. */
    private static final int LENGTH = 7;

    private static final int BITS = 6 * LENGTH;

    private final long mask = RANDOM.nextLong() & ((1L << BITS) - 1);

    /** Replaces the names in whole messages, which the driver sends after the login. */
    public void replace(ByteBuf messages) {
        int at = messages.readerIndex();
        int end = messages.writerIndex();
        while (at + HEADER <= end) {
            int length = messages.getInt(at + 1);
            if (length < Integer.BYTES || length >= end - at) {
                return;
            }
            int name = length > Integer.BYTES ? nameAt(messages, at) : 0;
            if (name > 0 && name + LENGTH < end) {
                replace(messages, name);
            }
            at += 1 + length;
        }
    }

    /** Where the name of a prepared statement begins; 0 = the message has none. */
    private static int nameAt(ByteBuf in, int at) {
        int body = at + HEADER;
        return switch (in.getByte(at)) {
            // Parse; Bind, whose portal has no name; Describe and Close, which may mean a portal.
            case 'P' -> body;
            case 'B' -> in.getByte(body) == 0 ? body + 1 : 0;
            case 'D', 'C' -> in.getByte(body) == 'S' ? body + 1 : 0;
            default -> 0;
        };
    }

    private void replace(ByteBuf in, int at) {
        long number = 0;
        for (int i = 0; i < LENGTH; i++) {
            int digit = Character.digit(in.getByte(at + i), 16);
            if (digit < 0) {
                return;
            }
            number = number << 6 | digit;
        }
        number ^= mask;
        for (int i = LENGTH - 1; i >= 0; i--) {
            in.setByte(at + i, DIGITS[(int) (number & 63)]);
            number >>>= 6;
        }
    }
}
