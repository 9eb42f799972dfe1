package dev.hotcold.testkit;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A server on the loopback address that does what the test says, on a thread for each connection. Closing it breaks them all.
 * Thread-safe.
 */
public final class HostileServer implements AutoCloseable {

    /** What the server does with one connection; the connection closes when it returns or fails. */
    @FunctionalInterface
    public interface Conduct {

        void serve(DataInputStream in, OutputStream out) throws IOException;
    }

    private final ServerSocket listener;
    private final Conduct conduct;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();

    private HostileServer(ServerSocket listener, Conduct conduct) {
        this.listener = listener;
        this.conduct = conduct;
    }

    public static HostileServer start(Conduct conduct) {
        try {
            HostileServer server =
                    new HostileServer(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), conduct);
            Thread.ofVirtual().start(server::acceptAll);
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** How many connections there have been. */
    public int accepted() {
        return accepted.get();
    }

    private void acceptAll() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                accepted.incrementAndGet();
                sockets.add(socket);
                Thread.ofVirtual().start(() -> serve(socket));
            } catch (IOException e) {
                // It was closed.
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            socket.setTcpNoDelay(true);
            conduct.serve(
                    new DataInputStream(new BufferedInputStream(socket.getInputStream())), socket.getOutputStream());
        } catch (IOException e) {
            // The client has ended the connection, as it should.
        } finally {
            sockets.remove(socket);
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
