package dev.hotcold.testkit;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ssl.SSLContext;

/**
 * Stands before a server on the loopback address and can hold back what clients send, or break their connections.
 * Thread-safe.
 */
public final class TcpProxy extends LoopbackProxy {

    private final AtomicInteger heldBack = new AtomicInteger();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final AtomicInteger generation = new AtomicInteger();
    private final CountDownLatch closed = new CountDownLatch(1);
    private boolean holding;

    private TcpProxy(ServerSocket listener, int target, boolean holding) {
        super(listener, target);
        this.holding = holding;
        start();
    }

    /** Passes everything on to a port, until told otherwise. */
    public static TcpProxy to(int port) {
        return new TcpProxy(listen(), port, false);
    }

    /** Accepts connections and holds back all that comes: nobody ever gets an answer. */
    public static TcpProxy blackHole(int port) {
        return new TcpProxy(listen(), port, true);
    }

    /** Speaks TLS with its clients and plain TCP with the server. */
    public static TcpProxy tls(SSLContext context, int port) {
        try {
            return new TcpProxy(
                    context.getServerSocketFactory().createServerSocket(0, 50, InetAddress.getLoopbackAddress()),
                    port,
                    false);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** How many pieces of what clients sent are held back at this moment. */
    public int heldBack() {
        return heldBack.get();
    }

    /** From now on keeps what clients send from the server. */
    public void hold() {
        setHolding(true);
    }

    /** Breaks all connections, with what is held back, and passes everything on for those that come. */
    public void cutAndRelease() {
        cut();
        setHolding(false);
    }

    /**
     * The host behind all present connections vanishes: nothing passes any more, and no end either. Connections that come
     * reach the server.
     */
    public void strand() {
        generation.incrementAndGet();
    }

    private void setHolding(boolean hold) {
        lock.lock();
        try {
            holding = hold;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
    }

    @Override
    void carry(Socket from, Socket to, boolean fromClient) {
        Thread.ofVirtual().start(() -> pump(from, to, fromClient));
    }

    /** Copies one direction until either side ends. A piece that was held back when its connection broke is lost. */
    private void pump(Socket from, Socket to, boolean fromClient) {
        try (from;
                to) {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            byte[] piece = new byte[1 << 16];
            int born = generation.get();
            int length;
            while ((length = in.read(piece)) >= 0 && born == generation.get()) {
                if (fromClient) {
                    awaitRelease();
                }
                out.write(piece, 0, length);
            }
            if (born != generation.get()) {
                closed.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            // The connection broke, as it may.
        } finally {
            ended(from);
        }
    }

    private void awaitRelease() {
        lock.lock();
        try {
            while (holding) {
                heldBack.incrementAndGet();
                changed.awaitUninterruptibly();
                heldBack.decrementAndGet();
            }
        } finally {
            lock.unlock();
        }
    }

    @Override
    public void close() {
        super.close();
        closed.countDown();
        cutAndRelease();
    }
}
