package dev.hotcold.testkit;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** Many clients that send requests and take nothing of what is answered. Thread-safe. */
public final class StalledCrowd implements AutoCloseable {

    /** What the kernel may take for each of them: as little as it allows. */
    private static final int RECEIVE_BUFFER = 4096;

    private static final byte[] PING = RawHttp2Client.frame(6, 0, 0, new byte[8]);

    private final Queue<Socket> sockets = new ConcurrentLinkedQueue<>();

    /** Handshakes at once: the crowd shall not take the processors from others by them. */
    private final Semaphore atOnce = new Semaphore(4);

    private StalledCrowd() {}

    /**
     * Connects them all, and lets each send what it has to send, for which the server may let it wait. A connection that the server
     * has closed meanwhile is none the less one of them.
     *
     * @param tls for encrypted connections; null = plain
     * @param alpn the protocol to agree on over TLS
     */
    public static StalledCrowd gather(int port, int clients, @Nullable SSLContext tls, String alpn, byte[] bytes) {
        StalledCrowd crowd = new StalledCrowd();
        CountDownLatch connected = new CountDownLatch(clients);
        for (int i = 0; i < clients; i++) {
            Thread.ofVirtual().start(() -> crowd.join(port, tls, alpn, bytes, connected));
        }
        try {
            connected.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
        return crowd;
    }

    private void join(int port, @Nullable SSLContext tls, String alpn, byte[] bytes, CountDownLatch connected) {
        boolean waits = true;
        try {
            atOnce.acquire();
            Socket socket = tls == null ? new Socket() : tls.getSocketFactory().createSocket();
            sockets.add(socket);
            socket.setReceiveBufferSize(RECEIVE_BUFFER);
            socket.setSoTimeout(20_000);
            socket.connect(new InetSocketAddress(InetAddress.getByName("localhost"), port));
            socket.setTcpNoDelay(true);
            if (socket instanceof SSLSocket encrypted) {
                SSLParameters parameters = encrypted.getSSLParameters();
                parameters.setApplicationProtocols(new String[] {alpn});
                encrypted.setSSLParameters(parameters);
                encrypted.startHandshake();
            }
            atOnce.release();
            connected.countDown();
            waits = false;
            socket.getOutputStream().write(bytes);
        } catch (IOException e) {
            // The server ends it, now or later.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            if (waits) {
                atOnce.release();
                connected.countDown();
            }
        }
    }

    /** Sends a PING of HTTP/2 on every connection that is still open. */
    public void ping() {
        for (Socket socket : sockets) {
            try {
                socket.getOutputStream().write(PING);
            } catch (IOException e) {
                // Ended.
            }
        }
    }

    /** Requests for a path on one HTTP/1.1 connection. */
    public static byte[] http1(String path, int requests) {
        return ("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n\r\n")
                .repeat(requests)
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** Requests for a path on one HTTP/2 connection that grants no byte for any response. */
    public static byte[] http2WithoutWindow(String path, int requests) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        out.writeBytes(
                RawHttp2Client.frame(4, 0, 0, new byte[] {0, 4, 0, 0, 0, 0})); // SETTINGS_INITIAL_WINDOW_SIZE = 0
        ByteArrayOutputStream block = new ByteArrayOutputStream();
        block.writeBytes(new byte[] {(byte) 0x82, (byte) 0x86, 0x04, (byte) path.length()});
        block.writeBytes(path.getBytes(StandardCharsets.US_ASCII));
        block.write(0x01);
        block.write("localhost".length());
        block.writeBytes("localhost".getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < requests; i++) {
            out.writeBytes(RawHttp2Client.frame(1, 5, 2 * i + 1, block.toByteArray()));
        }
        return out.toByteArray();
    }

    @Override
    public void close() {
        for (Socket socket : sockets) {
            try {
                // At once, and not after a closing alert that nobody takes.
                socket.setSoLinger(true, 0);
                socket.close();
            } catch (IOException e) {
                // It was closed before.
            }
        }
    }
}
