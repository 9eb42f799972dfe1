package dev.hotcold.app.jdbc;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.time.Duration;

/**
 * What PostgreSQL sends to pgjdbc, which makes room for a message of whatever length is announced, and keeps all notices: fails
 * with a {@link ProtocolException} at what is longer or more than it may be. What is encrypted is passed on as it is.
 */
final class MessageStream extends FilterInputStream {

    private static final long MEGABYTE = 1 << 20;
    private static final int HEADER = 5;
    private static final int MOST_SKIPPED = 8192;

    /** Of a message until the login is over. */
    private static final long MOST_BYTES_OF_LOGIN = 1 << 16;

    /** Of a message that is neither a row nor a change. */
    private static final long MOST_BYTES_OF_OTHERS = MEGABYTE;

    /** Notices, parameters and notifications that nobody asks for, between two answers. */
    private static final int MOST_UNASKED = 10_000;

    /** Bytes of these: pgjdbc keeps them. */
    private static final long MOST_BYTES_OF_UNASKED = 4 * MEGABYTE;

    /** A login that drips would keep its thread for ever: the time-out of pgjdbc leaves it alone. */
    static final Duration LONGEST_LOGIN = Duration.ofSeconds(10);

    private final long mostRowBytes;
    private final Duration longestLogin;
    private final long begunAt = System.nanoTime();
    private boolean isBegun;
    private boolean isEncrypted;
    private boolean isLoggedIn;
    private boolean isRefusedEncryption;
    private int type;
    private int headerLength;
    private int length;
    private long left;
    private int unasked;
    private long bytesOfUnasked;

    /** @param heap bytes of memory that the process may have */
    MessageStream(InputStream in, long heap) {
        this(in, heap, LONGEST_LOGIN);
    }

    /** @param longestLogin how long a login may take */
    MessageStream(InputStream in, long heap, Duration longestLogin) {
        super(in);
        this.longestLogin = longestLogin;
        this.mostRowBytes = Math.clamp(heap / 8, 8 * MEGABYTE, 64 * MEGABYTE);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
    }

    @Override
    public int read(byte[] bytes, int offset, int size) throws IOException {
        int count = in.read(bytes, offset, size);
        int end = offset + count;
        if (!isLoggedIn && !isEncrypted && System.nanoTime() - begunAt > longestLogin.toNanos()) {
            throw new ProtocolException("needed more than " + longestLogin.toSeconds() + " seconds for a login");
        }
        for (int at = offset; at < end && !isEncrypted; ) {
            if (left > 0) {
                int skipped = (int) Math.min(left, end - at);
                left -= skipped;
                at += skipped;
            } else {
                header(bytes[at++]);
            }
        }
        return count;
    }

    /** Reads: what is skipped counts too. */
    @Override
    public long skip(long count) throws IOException {
        int size = (int) Math.min(count, MOST_SKIPPED);
        return size <= 0 ? 0 : Math.max(0, read(new byte[size], 0, size));
    }

    @Override
    public boolean markSupported() {
        return false;
    }

    private void header(byte next) throws ProtocolException {
        if (!isBegun) {
            isBegun = true;
            // Yes to encryption; no other message begins like this so early.
            isEncrypted = next == 'S' || next == 'G';
            isRefusedEncryption = next == 'N';
        } else if (isRefusedEncryption) {
            isRefusedEncryption = false;
            // A no is a byte of its own; behind the same letter for a notice there is the beginning of its length.
            headerLength = next == 0 ? headerLength : 0;
        }
        if (headerLength == 0) {
            type = next;
            length = 0;
        } else {
            length = length << 8 | Byte.toUnsignedInt(next);
        }
        if (++headerLength == HEADER) {
            headerLength = 0;
            left = length - 4L;
            check();
        }
    }

    private void check() throws ProtocolException {
        if (left < 0) {
            throw new ProtocolException("sent what is no message");
        }
        long most = isLoggedIn ? type == 'D' || type == 'd' ? mostRowBytes : MOST_BYTES_OF_OTHERS : MOST_BYTES_OF_LOGIN;
        if (left > most) {
            throw new ProtocolException("announced a message of " + left + " bytes, and " + most + " are the most");
        }
        switch (type) {
            case 'Z' -> {
                isLoggedIn = true;
                unasked = 0;
                bytesOfUnasked = 0;
            }
            case 'N', 'S', 'A' -> {
                unasked++;
                bytesOfUnasked += left;
            }
            default -> {}
        }
        if (unasked > MOST_UNASKED) {
            throw new ProtocolException("sent more than " + MOST_UNASKED + " messages that nobody asked for");
        }
        if (bytesOfUnasked > MOST_BYTES_OF_UNASKED) {
            throw new ProtocolException("sent more than " + MOST_BYTES_OF_UNASKED + " bytes that nobody asked for");
        }
    }
}
