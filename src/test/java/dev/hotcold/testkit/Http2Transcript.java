package dev.hotcold.testkit;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2Headers;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * What a server sends on one HTTP/2 connection, read as a strict client does: {@link IllegalStateException} when the server breaks
 * RFC 9113 itself.
 *
 * <p>Confined to: one thread.
 */
public final class Http2Transcript {

    private static final int DATA = 0;
    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int WINDOW_UPDATE = 8;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int PADDED = 8;
    private static final int PRIORITY = 0x20;
    private static final int PRIORITY_BYTES = 5;
    private static final int LARGEST_FRAME = 16_384;
    private static final long ANY_TABLE = (1L << 32) - 1;

    private final DataInputStream in;
    private final DefaultHttp2HeadersDecoder headers = new DefaultHttp2HeadersDecoder(false);
    private final Map<Integer, Answer> answers = new HashMap<>();
    private long dataInAll;
    private int lastFrame = -1;
    private long lastPing;
    private int goAway = -1;
    private boolean ended;

    /** A response, as far as it has come. */
    public static final class Answer {

        private @Nullable Http2Headers head;
        private final ByteArrayOutputStream body = new ByteArrayOutputStream();
        private boolean complete;
        private int resetCode = -1;

        /** 0 before the headers. */
        public int status() {
            return head == null ? 0 : Integer.parseInt(head.status().toString());
        }

        public String body() {
            return body.toString(StandardCharsets.UTF_8);
        }

        /** How long the body is so far. */
        public int bytes() {
            return body.size();
        }

        /** Whether all of it has come. */
        public boolean isComplete() {
            return complete;
        }

        /** The error with which the server has reset the stream; -1 = it has not. */
        public int resetCode() {
            return resetCode;
        }

        /** The value of a header; "" = none. */
        public String header(String name) {
            CharSequence value = head == null ? null : head.get(name);
            return value == null ? "" : value.toString();
        }

        @Override
        public String toString() {
            return "%d, %d bytes%s%s"
                    .formatted(
                            status(),
                            body.size(),
                            complete ? "" : ", not complete",
                            resetCode < 0 ? "" : ", reset with " + resetCode);
        }
    }

    public Http2Transcript(Socket socket) throws IOException {
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
        try {
            headers.configuration().maxHeaderTableSize(ANY_TABLE);
        } catch (Http2Exception e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Reads until something is so, or the server has closed the connection.
     *
     * @throws SocketTimeoutException when the server is silent for as long as the socket allows
     */
    public void readUntil(Predicate<Http2Transcript> reached) throws IOException {
        while (!ended && !reached.test(this)) {
            readFrame();
        }
    }

    /** By stream. */
    public Map<Integer, Answer> answers() {
        return answers;
    }

    /** Bytes of DATA on all streams. */
    public long dataInAll() {
        return dataInAll;
    }

    /** Whether the server has closed the connection. */
    public boolean hasEnded() {
        return ended;
    }

    /** The error that the server has ended the connection with; -1 = none. */
    public int goAway() {
        return goAway;
    }

    /** Whether the last frame answered this PING. */
    public boolean isAcknowledged(long ping) {
        return lastFrame == PING && lastPing == ping;
    }

    private void readFrame() throws IOException {
        byte[] head = new byte[9];
        ByteBuffer payload;
        int lengthAndType;
        int flags;
        int stream;
        try {
            in.readFully(head);
            ByteBuffer fields = ByteBuffer.wrap(head);
            lengthAndType = fields.getInt();
            flags = fields.get();
            stream = fields.getInt();
            check(lengthAndType >>> 8 <= LARGEST_FRAME, "a frame of length", lengthAndType >>> 8);
            byte[] bytes = new byte[lengthAndType >>> 8];
            in.readFully(bytes);
            payload = ByteBuffer.wrap(bytes);
        } catch (SocketTimeoutException e) {
            throw e;
        } catch (EOFException e) {
            ended = true;
            return;
        } catch (IOException e) {
            // Reset by the server, which had more to read.
            ended = true;
            return;
        }
        lastFrame = lengthAndType & 0xFF;
        switch (lastFrame) {
            case DATA -> data(stream, flags, payload);
            case HEADERS -> headers(stream, flags, payload);
            case RST_STREAM -> reset(stream, payload);
            case SETTINGS -> check(stream == 0 && payload.remaining() % 6 == 0, "SETTINGS on", stream);
            case PING -> {
                check(stream == 0 && payload.remaining() == 8, "PING on", stream);
                lastPing = (flags & 1) == 0 ? -1 : payload.getLong();
            }
            case GOAWAY -> {
                check(stream == 0 && payload.remaining() >= 8, "GOAWAY on", stream);
                goAway = payload.getInt(4);
            }
            case WINDOW_UPDATE -> check(payload.remaining() == 4 && payload.getInt(0) > 0, "no window on", stream);
            default -> throw new IllegalStateException("a frame of type " + lastFrame);
        }
    }

    private void data(int stream, int flags, ByteBuffer payload) {
        Answer answer = open(stream);
        check(answer.head != null, "DATA before HEADERS on", stream);
        dataInAll += payload.remaining();
        if ((flags & PADDED) != 0) {
            int padding = payload.get() & 0xFF;
            payload.limit(payload.limit() - padding);
        }
        byte[] bytes = new byte[payload.remaining()];
        payload.get(bytes);
        answer.body.writeBytes(bytes);
        end(answer, stream, flags);
    }

    private void headers(int stream, int flags, ByteBuffer payload) {
        Answer answer = open(stream);
        check(answer.head == null, "two responses on", stream);
        check((flags & ~(END_STREAM | END_HEADERS | PRIORITY)) == 0, "HEADERS with flags", flags);
        check((flags & END_HEADERS) != 0, "headers that go on, on", stream);
        if ((flags & PRIORITY) != 0) {
            payload.position(PRIORITY_BYTES);
        }
        try {
            answer.head = headers.decodeHeaders(stream, Unpooled.wrappedBuffer(payload));
        } catch (Http2Exception e) {
            throw new IllegalStateException(e);
        }
        check(answer.head.status() != null, "no status on", stream);
        end(answer, stream, flags);
    }

    private void end(Answer answer, int stream, int flags) {
        String length = answer.header("content-length");
        if ((flags & END_STREAM) != 0) {
            answer.complete = true;
            check(
                    answer.body.size() == 0 || length.isEmpty() || Integer.parseInt(length) == answer.body.size(),
                    "another length than it says on",
                    stream);
        }
    }

    private void reset(int stream, ByteBuffer payload) {
        check(stream != 0 && payload.remaining() == 4, "RST_STREAM on", stream);
        answers.computeIfAbsent(stream, number -> new Answer()).resetCode = payload.getInt();
    }

    private Answer open(int stream) {
        check(stream > 0 && stream % 2 == 1, "a response on", stream);
        Answer answer = answers.computeIfAbsent(stream, number -> new Answer());
        // A frame that comes before a stream begins may be refused with a reset of it, which does not end it.
        check(!answer.complete && (answer.resetCode < 0 || answer.head == null), "more after the end of", stream);
        answer.resetCode = -1;
        return answer;
    }

    private static void check(boolean holds, String fault, int number) {
        if (!holds) {
            throw new IllegalStateException("the server sent " + fault + " " + number);
        }
    }
}
