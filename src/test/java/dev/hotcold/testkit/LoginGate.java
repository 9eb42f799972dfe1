package dev.hotcold.testkit;

import java.io.DataInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Stands before a PostgreSQL on this machine, and may leave logins unanswered, by what the client says at its login: the two
 * drivers do not say the same. Thread-safe.
 */
public final class LoginGate implements AutoCloseable {

    private final ServerSocket listener;
    private final int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    /** What a login must contain; "" = nothing. */
    private volatile String pass = "";

    private LoginGate(ServerSocket listener, int target) {
        this.listener = listener;
        this.target = target;
    }

    /** Passes every login on to a port. */
    public static LoginGate to(int port) {
        try {
            LoginGate gate = new LoginGate(new ServerSocket(0, 50, InetAddress.getLoopbackAddress()), port);
            Thread.ofVirtual().start(gate::acceptAll);
            return gate;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** From now on a login without this text is never answered. */
    public void holdAllBut(String text) {
        pass = text;
    }

    /** From now on every login is passed on; those that were held break. */
    public void open() {
        pass = "";
        closeAll();
    }

    private void acceptAll() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                sockets.add(client);
                Thread.ofVirtual().start(() -> serve(client));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void serve(Socket client) {
        try {
            DataInputStream in = new DataInputStream(client.getInputStream());
            int length = in.readInt();
            byte[] login = in.readNBytes(length - Integer.BYTES);
            if (!new String(login, StandardCharsets.ISO_8859_1).contains(pass)) {
                return;
            }
            Socket server = new Socket(InetAddress.getLoopbackAddress(), target);
            sockets.add(server);
            server.getOutputStream()
                    .write(ByteBuffer.allocate(length).putInt(length).put(login).array());
            Thread.ofVirtual().start(() -> copy(server, client));
            copy(client, server);
        } catch (IOException broken) {
            close(client);
        }
    }

    private static void copy(Socket from, Socket to) {
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            in.transferTo(out);
        } catch (IOException broken) {
            // As the other way will notice.
        } finally {
            close(from);
            close(to);
        }
    }

    private static void close(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void closeAll() {
        sockets.forEach(LoginGate::close);
        sockets.clear();
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        closeAll();
    }
}
