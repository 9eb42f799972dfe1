package dev.hotcold.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;

/** A port on which nobody answers: connections are neither made nor refused, as if packets were dropped. */
public final class DeadPort implements AutoCloseable {

    private final ServerSocket listener;
    private final List<Socket> queue = new ArrayList<>();

    private DeadPort(ServerSocket listener) {
        this.listener = listener;
    }

    /** Any port on 127.0.0.1. */
    public static DeadPort any() {
        return at("127.0.0.1", 0);
    }

    /** A port at an address of this machine, which is 127.0.0.0/8. */
    public static DeadPort at(String address, int port) {
        try {
            DeadPort dead = new DeadPort(new ServerSocket(port, 1, InetAddress.ofLiteral(address)));
            dead.fill();
            return dead;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The kernel drops what comes when the queue of those who wait to be accepted is full. */
    private void fill() throws IOException {
        try {
            while (true) {
                Socket waiting = new Socket();
                queue.add(waiting);
                waiting.connect(new InetSocketAddress(listener.getInetAddress(), port()), 200);
            }
        } catch (SocketTimeoutException full) {
            // As it is to be.
        }
    }

    public int port() {
        return listener.getLocalPort();
    }

    @Override
    public void close() {
        try {
            for (Socket waiting : queue) {
                waiting.close();
            }
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
