package dev.hotcold.app.jdbc;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.Socket;
import java.net.SocketAddress;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.function.UnaryOperator;

/**
 * A unix socket in the shape that pgjdbc wants, with its time-outs: the JDK has unix sockets as channels only. Options of TCP
 * mean nothing here and are passed over.
 *
 * <p>One thread may read while another writes, and any may close it.
 */
final class UnixSocket extends Socket {

    /** A write that gets nowhere for so long has no reader. */
    private static final long LONGEST_WRITE_MILLIS = 30_000;

    private final Path file;
    private final SocketChannel channel;
    private final Selector readable;
    private final Selector writable;
    private final InputStream in;
    private final OutputStream out = new Output();
    private volatile int readTimeout;

    /** @param guard what stands between the socket and its reader */
    UnixSocket(Path file, UnaryOperator<InputStream> guard) throws IOException {
        this.file = file;
        this.channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        this.readable = Selector.open();
        this.writable = Selector.open();
        this.in = guard.apply(new Input());
        channel.configureBlocking(false);
    }

    @Override
    public void connect(SocketAddress address) throws IOException {
        connect(address, 0);
    }

    /** @param address leads nowhere: the file is known */
    @Override
    public void connect(SocketAddress address, int timeout) throws IOException {
        try {
            if (!channel.connect(UnixDomainSocketAddress.of(file))) {
                channel.register(writable, SelectionKey.OP_CONNECT);
                await(writable, timeout, "could not connect in time");
                channel.finishConnect();
            }
            channel.register(writable, SelectionKey.OP_WRITE);
            channel.register(readable, SelectionKey.OP_READ);
        } catch (SocketTimeoutException late) {
            throw late;
        } catch (IOException | IllegalArgumentException refused) {
            throw (IOException) new ConnectException(file + ": " + refused.getMessage()).initCause(refused);
        }
    }

    /** @param timeout in milliseconds; 0 = none */
    private void await(Selector selector, long timeout, String late) throws IOException {
        try {
            int ready = selector.select(timeout);
            selector.selectedKeys().clear();
            if (Thread.currentThread().isInterrupted()) {
                close();
                throw new SocketException("Closed by interrupt");
            }
            if (ready == 0 && timeout > 0 && !isClosed()) {
                throw new SocketTimeoutException(late);
            }
        } catch (ClosedSelectorException closed) {
            throw new SocketException("Socket closed", closed);
        }
    }

    private final class Input extends InputStream {

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
        }

        @Override
        public int read(byte[] bytes, int offset, int size) throws IOException {
            ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, size);
            int count = receive(buffer);
            while (count == 0 && size > 0) {
                await(readable, readTimeout, "Read timed out");
                count = receive(buffer);
            }
            return count;
        }

        private int receive(ByteBuffer buffer) throws IOException {
            try {
                return channel.read(buffer);
            } catch (ClosedChannelException closed) {
                throw new SocketException("Socket closed", closed);
            }
        }
    }

    private final class Output extends OutputStream {

        @Override
        public void write(int one) throws IOException {
            write(new byte[] {(byte) one}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int offset, int size) throws IOException {
            ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, size);
            try {
                while (buffer.hasRemaining()) {
                    if (channel.write(buffer) == 0) {
                        await(writable, LONGEST_WRITE_MILLIS, "Write timed out");
                    }
                }
            } catch (ClosedChannelException closed) {
                throw new SocketException("Socket closed", closed);
            }
        }
    }

    @Override
    public InputStream getInputStream() {
        return in;
    }

    @Override
    public OutputStream getOutputStream() {
        return out;
    }

    @Override
    public boolean isConnected() {
        return channel.isConnected();
    }

    @Override
    public boolean isBound() {
        return channel.isConnected();
    }

    @Override
    public boolean isClosed() {
        return !channel.isOpen();
    }

    /** Wakes whoever waits. */
    @Override
    public void close() throws IOException {
        channel.close();
        readable.close();
        writable.close();
    }

    @Override
    public void setSoTimeout(int millis) {
        readTimeout = millis;
    }

    @Override
    public int getSoTimeout() {
        return readTimeout;
    }

    @Override
    public void setTcpNoDelay(boolean on) {}

    @Override
    public void setKeepAlive(boolean on) {}

    /** pgjdbc sizes its own buffer by it. */
    @Override
    public int getSendBufferSize() {
        return 8192;
    }

    @Override
    public String toString() {
        return file.toString();
    }
}
