package dev.hotcold.testkit;

import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.Http2Exception;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;

/**
 * One HTTP/2 connection whose frames the test decides. It never acknowledges the server's settings, as a
 * client that wants to evade them would not.
 *
 * <p>Confined to: one thread.
 */
public final class RawHttp2Client implements AutoCloseable {

    /** Frame types (RFC 9113, section 6). */
    public static final int HEADERS = 1;

    public static final int RST_STREAM = 3;
    public static final int GOAWAY = 7;

    /** What a client sends first. */
    public static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    private static final int PING = 6;
    private static final int WINDOW_UPDATE = 8;
    private static final int INITIAL_WINDOW_SIZE = 4;
    private static final int PATIENCE_MILLIS = 20_000;
    private static final int DATA = 0;
    private static final int SETTINGS = 4;
    private static final int END_STREAM = 1;
    private static final int END_HEADERS = 4;
    private static final int END_STREAM_AND_HEADERS = 5;
    private static final int PRIORITY = 0x20;
    private static final int PRIORITY_BYTES = 5;
    private static final int CANCEL = 8;

    private final Socket socket;
    private final DataInputStream in;
    private final DefaultHttp2HeadersDecoder headers = new DefaultHttp2HeadersDecoder();

    /**
     * A frame from the server.
     *
     * @param code the status of HEADERS, the error of a RST_STREAM or GOAWAY; 0 for others
     */
    public record Frame(int type, int stream, int code) {}

    private RawHttp2Client(Socket socket) throws IOException {
        this.socket = socket;
        this.in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
    }

    /** Connects on the loopback address and says that it speaks HTTP/2. */
    public static RawHttp2Client connect(int port) {
        return connect(port, 0);
    }

    /**
     * Connects on the loopback address and says that it speaks HTTP/2.
     *
     * @param receiveBuffer bytes that the kernel may take before the test reads them; 0 = as it likes
     */
    public static RawHttp2Client connect(int port, int receiveBuffer) {
        try {
            Socket socket = new Socket();
            if (receiveBuffer > 0) {
                socket.setReceiveBufferSize(receiveBuffer);
            }
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(PATIENCE_MILLIS);
            return begin(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Connects on the loopback address, by its name, shakes hands, and says that it speaks HTTP/2. */
    public static RawHttp2Client connect(int port, SSLContext tls) {
        try {
            SSLSocket socket = (SSLSocket) tls.getSocketFactory().createSocket("localhost", port);
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"h2"});
            socket.setSSLParameters(parameters);
            socket.setSoTimeout(PATIENCE_MILLIS);
            socket.startHandshake();
            return begin(socket);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static RawHttp2Client begin(Socket socket) throws IOException {
        RawHttp2Client client = new RawHttp2Client(socket);
        client.write(PREFACE);
        client.write(frame(SETTINGS, 0, 0, new byte[0]));
        return client;
    }

    /**
     * Sends headers as they are on a stream, odd and greater than those before.
     *
     * @param last whether no data follow
     * @param namesAndValues name, value, name, value…
     */
    public RawHttp2Client headers(int stream, boolean last, List<String> namesAndValues) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        for (int i = 0; i < namesAndValues.size(); i += 2) {
            block.write(0); // Not indexed, and name and value.
            writeText(block, namesAndValues.get(i));
            writeText(block, namesAndValues.get(i + 1));
        }
        write(frame(HEADERS, last ? END_STREAM_AND_HEADERS : END_HEADERS, stream, block.toByteArray()));
        return this;
    }

    /** Sends data. */
    public RawHttp2Client data(int stream, boolean last, int bytes) {
        write(frame(DATA, last ? END_STREAM : 0, stream, new byte[bytes]));
        return this;
    }

    /** Requests a path on a stream, odd and greater than those before. */
    public RawHttp2Client get(int stream, String path) {
        write(requested(stream, path));
        return this;
    }

    /** The frame that requests a path on a stream. */
    public static byte[] requested(int stream, String path) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.write(0x82); // :method GET
        return request(stream, path, block);
    }

    /** Requests only the headers of a path (HEAD) on a stream, odd and greater than those before. */
    public RawHttp2Client head(int stream, String path) {
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.write(0x02); // :method, and its value
        writeText(block, "HEAD");
        write(request(stream, path, block));
        return this;
    }

    /** @param block the headers, of which the method is there */
    private static byte[] request(int stream, String path, ByteArrayOutputStream block) {
        block.write(0x86); // :scheme http
        block.write(0x04); // :path, and its value
        writeText(block, path);
        block.write(0x01); // :authority, and its value
        writeText(block, "localhost");
        return frame(HEADERS, END_STREAM_AND_HEADERS, stream, block.toByteArray());
    }

    /** Says how many bytes of a response the server may send on each new stream before it is granted more. */
    public RawHttp2Client initialWindow(int bytes) {
        write(initialWindowOf(bytes));
        return this;
    }

    /** The frame that says so. */
    public static byte[] initialWindowOf(int bytes) {
        byte[] setting = ByteBuffer.allocate(6)
                .putShort((short) INITIAL_WINDOW_SIZE)
                .putInt(bytes)
                .array();
        return frame(SETTINGS, 0, 0, setting);
    }

    /** Grants more bytes of the response on a stream. */
    public RawHttp2Client grant(int stream, int bytes) {
        write(granted(stream, bytes));
        return this;
    }

    /** The frame that grants more bytes on a stream; 0 = on all together. */
    public static byte[] granted(int stream, int bytes) {
        return frame(
                WINDOW_UPDATE, 0, stream, ByteBuffer.allocate(4).putInt(bytes).array());
    }

    /** Asks for a sign of life. */
    public RawHttp2Client ping() {
        write(frame(PING, 0, 0, new byte[8]));
        return this;
    }

    /** Gives a request up. */
    public RawHttp2Client reset(int stream) {
        write(frame(RST_STREAM, 0, stream, new byte[] {0, 0, 0, CANCEL}));
        return this;
    }

    /** Reads frames until one of this type has come; fails with {@link UncheckedIOException} when none does. */
    public Frame await(int type) {
        while (true) {
            Frame frame = read();
            if (frame.type() == type) {
                return frame;
            }
        }
    }

    /** Reads frames until a response has this status. */
    public void awaitStatus(int status) {
        Frame frame;
        do {
            frame = await(HEADERS);
        } while (frame.code() != status);
    }

    /** Reads frames until the server has closed the connection. */
    public List<Frame> awaitEnd() {
        List<Frame> frames = new ArrayList<>();
        try {
            while (true) {
                frames.add(read());
            }
        } catch (UncheckedIOException e) {
            if (e.getCause() instanceof EOFException || e.getCause() instanceof SocketException) {
                return frames;
            }
            throw e;
        }
    }

    private Frame read() {
        try {
            byte[] head = in.readNBytes(9);
            if (head.length < 9) {
                throw new EOFException("the server closed the connection");
            }
            ByteBuffer fields = ByteBuffer.wrap(head);
            int lengthAndType = fields.getInt();
            boolean hasPriority = (fields.get() & PRIORITY) != 0;
            int stream = fields.getInt();
            ByteBuffer payload = ByteBuffer.wrap(in.readNBytes(lengthAndType >>> 8));
            int type = lengthAndType & 0xFF;
            int code = switch (type) {
                case HEADERS -> status(stream, hasPriority ? payload.position(PRIORITY_BYTES) : payload);
                case RST_STREAM -> payload.getInt();
                case GOAWAY -> payload.getInt(4);
                default -> 0;
            };
            return new Frame(type, stream, code);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private int status(int stream, ByteBuffer block) {
        try {
            return Integer.parseInt(headers.decodeHeaders(stream, Unpooled.wrappedBuffer(block))
                    .status()
                    .toString());
        } catch (Http2Exception e) {
            throw new IllegalStateException(e);
        }
    }

    private void write(byte[] bytes) {
        try {
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A frame as it is sent. */
    public static byte[] frame(int type, int flags, int stream, byte[] payload) {
        return ByteBuffer.allocate(9 + payload.length)
                .putInt(payload.length << 8 | type)
                .put((byte) flags)
                .putInt(stream)
                .put(payload)
                .array();
    }

    /** As HPACK has it, without compression. */
    private static void writeText(ByteArrayOutputStream block, String text) {
        if (text.length() < 127) {
            block.write(text.length());
        } else {
            block.write(127);
            int rest = text.length() - 127;
            for (; rest > 127; rest >>>= 7) {
                block.write((rest & 127) | 128);
            }
            block.write(rest);
        }
        block.writeBytes(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Override
    public void close() {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
