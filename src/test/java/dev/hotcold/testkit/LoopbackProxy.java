package dev.hotcold.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands before a server on the loopback address: each connection of a client is given one to the server. A client whose
 * server cannot be reached is told by the end of its connection. Thread-safe.
 */
abstract class LoopbackProxy implements AutoCloseable {

    private final ServerSocket listener;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();

    LoopbackProxy(ServerSocket listener, int target) {
        this.listener = listener;
        this.target = target;
    }

    static ServerSocket listen() {
        try {
            return new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Begins to accept; called once, when the proxy is complete. */
    final void start() {
        Thread.ofVirtual().start(this::acceptAll);
    }

    /** Begins to carry one direction of a connection. Returns at once. */
    abstract void carry(Socket from, Socket to, boolean fromClient);

    public final int port() {
        return listener.getLocalPort();
    }

    /** host:port. */
    public final String address() {
        return "127.0.0.1:" + port();
    }

    /** How many connections clients have opened so far. */
    public final int accepted() {
        return accepted.get();
    }

    /** How many connections of clients are open. */
    public final int open() {
        return sockets.size() / 2;
    }

    /** A direction has ended. */
    final void ended(Socket from) {
        sockets.remove(from);
    }

    /** Breaks all connections. */
    final void cut() {
        sockets.forEach(LoopbackProxy::closeQuietly);
    }

    private void acceptAll() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                accepted.incrementAndGet();
                connect(client);
            } catch (IOException e) {
                // The listener was closed, or one connection could not be made: its client sees that.
            }
        }
    }

    private void connect(Socket client) {
        try {
            Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            sockets.add(client);
            sockets.add(server);
            carry(client, server, true);
            carry(server, client, false);
        } catch (IOException e) {
            closeQuietly(client);
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is as good as closed.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        cut();
    }
}
