package dev.hotcold.testkit;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import javax.net.ServerSocketFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Stands before a server on the loopback address: each connection of a client is given one to the server, and whatever can
 * go wrong between the two goes wrong when the test says so. A client whose server cannot be reached sees the end of its
 * connection. What is on the way arrives in order and late, but not slowly: a delay takes nothing from the throughput.
 * Thread-safe.
 */
public final class FaultProxy implements AutoCloseable {

    private static final int PIECE = 1 << 16;
    private static final int PIECES_ON_THE_WAY = 1024;

    private final ServerSocket listener;
    private volatile int target;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicInteger accepted = new AtomicInteger();
    private final AtomicInteger heldBack = new AtomicInteger();
    /** Counts the times that connections were stranded. */
    private final AtomicInteger generation = new AtomicInteger();

    private final CountDownLatch closed = new CountDownLatch(1);
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition released = lock.newCondition();
    private boolean holding;
    private volatile Duration toServer = Duration.ZERO;
    private volatile Duration toClient = Duration.ZERO;
    /** Bytes of replies after which a connection breaks. */
    private volatile long life = Long.MAX_VALUE;

    /** What was read, and when it is to arrive; no bytes = the end. */
    private record Piece(Buffer bytes, long dueAt) {}

    private FaultProxy(ServerSocket listener, int target, boolean holding) {
        this.listener = listener;
        this.target = target;
        this.holding = holding;
    }

    /** Passes everything on to a port, until a fault begins. */
    public static FaultProxy to(int port) {
        return listen(null, port, false);
    }

    /** Accepts connections and holds back all that comes: no client ever gets a reply. */
    public static FaultProxy blackHole(int port) {
        return listen(null, port, true);
    }

    /** Speaks TLS with its clients and plain TCP with the server. */
    public static FaultProxy tls(SSLContext context, int port) {
        return listen(context, port, false);
    }

    /** Listens at an address of this machine, which is 127.0.0.0/8, and passes everything on to a port. */
    public static FaultProxy at(String address, int port, int target) {
        return listen(null, new InetSocketAddress(InetAddress.ofLiteral(address), port), target, false);
    }

    private static FaultProxy listen(@Nullable SSLContext tls, int port, boolean holding) {
        return listen(tls, new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), port, holding);
    }

    private static FaultProxy listen(@Nullable SSLContext tls, InetSocketAddress at, int port, boolean holding) {
        try {
            ServerSocketFactory sockets = tls == null ? ServerSocketFactory.getDefault() : tls.getServerSocketFactory();
            ServerSocket listener = sockets.createServerSocket(at.getPort(), 50, at.getAddress());
            FaultProxy proxy = new FaultProxy(listener, port, holding);
            Thread.ofVirtual().start(proxy::acceptAll);
            return proxy;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public int port() {
        return listener.getLocalPort();
    }

    /** host:port. */
    public String address() {
        return "127.0.0.1:" + port();
    }

    /** How many connections clients have opened so far. */
    public int accepted() {
        return accepted.get();
    }

    /** How many connections of clients are open. */
    public int open() {
        return sockets.size() / 2;
    }

    /** From now on each way takes so long; zero = no delay. */
    public void delay(Duration clientToServer, Duration serverToClient) {
        toServer = clientToServer;
        toClient = serverToClient;
    }

    /**
     * From now on a connection that has carried so many bytes of replies, before or after this call, is reset by half of
     * the next piece of a reply.
     */
    public void resetMidReply(long bytes) {
        life = bytes;
    }

    /** From now on keeps what clients send from the server. */
    public void hold() {
        setHolding(true);
    }

    /** On how many connections something that clients sent is held back at this moment. */
    public int heldBack() {
        return heldBack.get();
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

    /** Breaks all connections; those that come reach the server on another port. */
    public void redirect(int port) {
        target = port;
        cut();
    }

    /** Connections that come reach the server on another port; those that stand stay where they are. */
    public void redirectNew(int port) {
        target = port;
    }

    /** Ends every delay and every reset. */
    public void heal() {
        delay(Duration.ZERO, Duration.ZERO);
        resetMidReply(Long.MAX_VALUE);
    }

    private void setHolding(boolean hold) {
        lock.lock();
        try {
            holding = hold;
            released.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private void cut() {
        sockets.forEach(FaultProxy::closeQuietly);
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

    /** One direction: one thread reads, another delivers. */
    private void carry(Socket from, Socket to, boolean fromClient) {
        BlockingQueue<Piece> way = new ArrayBlockingQueue<>(PIECES_ON_THE_WAY);
        int born = generation.get();
        Thread.ofVirtual().start(() -> read(from, way, fromClient));
        Thread.ofVirtual().start(() -> deliver(way, from, to, fromClient, born));
    }

    private void read(Socket from, BlockingQueue<Piece> way, boolean fromClient) {
        try {
            try {
                InputStream in = from.getInputStream();
                byte[] bytes = new byte[PIECE];
                int length;
                while ((length = in.read(bytes)) >= 0) {
                    way.put(new Piece(Buffer.buffer().appendBytes(bytes, 0, length), dueAt(fromClient)));
                }
            } catch (IOException e) {
                // The connection broke, as it may.
            }
            way.put(new Piece(Buffer.buffer(), dueAt(fromClient)));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private long dueAt(boolean fromClient) {
        return System.nanoTime() + (fromClient ? toServer : toClient).toNanos();
    }

    /** What was held back when its connection broke is lost. */
    private void deliver(BlockingQueue<Piece> way, Socket from, Socket to, boolean fromClient, int born) {
        try (from;
                to) {
            OutputStream out = to.getOutputStream();
            long carried = 0;
            for (Piece piece = way.take(); piece.bytes().length() > 0; piece = way.take()) {
                // How long the bytes travel, and no wait for anything.
                TimeUnit.NANOSECONDS.sleep(piece.dueAt() - System.nanoTime());
                if (fromClient) {
                    awaitRelease();
                }
                if (born != generation.get()) {
                    break;
                }
                byte[] bytes = piece.bytes().getBytes();
                if (!fromClient && carried >= life) {
                    out.write(bytes, 0, bytes.length / 2);
                    to.setSoLinger(true, 0);
                    return;
                }
                out.write(bytes);
                carried += bytes.length;
            }
            if (born != generation.get()) {
                closed.await();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            // The connection broke, as it may.
        } finally {
            sockets.remove(from);
            // Whoever reads for a delivery that has ended must not wait for its place.
            way.clear();
        }
    }

    private void awaitRelease() {
        lock.lock();
        try {
            while (holding) {
                heldBack.incrementAndGet();
                released.awaitUninterruptibly();
                heldBack.decrementAndGet();
            }
        } finally {
            lock.unlock();
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
        closed.countDown();
        cutAndRelease();
    }
}
