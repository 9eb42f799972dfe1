package dev.hotcold.testkit;

import io.vertx.core.buffer.Buffer;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Stands before a server on the loopback address and makes the way to it long, or breaks connections in the middle of a
 * reply. What is on the way is delivered in order and late, but not slowly: a delay takes nothing from the throughput.
 * Thread-safe.
 */
public final class FaultProxy extends LoopbackProxy {

    private static final int PIECE = 1 << 16;
    private static final int PIECES_ON_THE_WAY = 1024;

    private volatile Duration toServer = Duration.ZERO;
    private volatile Duration toClient = Duration.ZERO;
    /** Bytes of replies after which a connection breaks. */
    private volatile long life = Long.MAX_VALUE;

    /** What was read, and when it is to arrive; no bytes = the end. */
    private record Piece(Buffer bytes, long dueAt) {}

    private FaultProxy(ServerSocket listener, int target) {
        super(listener, target);
    }

    /** Passes everything on to a port, until told otherwise. */
    public static FaultProxy to(int port) {
        FaultProxy proxy = new FaultProxy(listen(), port);
        proxy.start();
        return proxy;
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

    /** Ends every fault. */
    public void heal() {
        delay(Duration.ZERO, Duration.ZERO);
        resetMidReply(Long.MAX_VALUE);
    }

    /** One direction: one thread reads, another delivers. */
    @Override
    void carry(Socket from, Socket to, boolean fromClient) {
        BlockingQueue<Piece> way = new ArrayBlockingQueue<>(PIECES_ON_THE_WAY);
        Thread.ofVirtual().start(() -> read(from, way, fromClient));
        Thread.ofVirtual().start(() -> deliver(way, from, to, fromClient));
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

    private void deliver(BlockingQueue<Piece> way, Socket from, Socket to, boolean fromClient) {
        try (from;
                to) {
            OutputStream out = to.getOutputStream();
            long carried = 0;
            for (Piece piece = way.take(); piece.bytes().length() > 0; piece = way.take()) {
                TimeUnit.NANOSECONDS.sleep(piece.dueAt() - System.nanoTime());
                byte[] bytes = piece.bytes().getBytes();
                if (!fromClient && carried >= life) {
                    out.write(bytes, 0, bytes.length / 2);
                    to.setSoLinger(true, 0);
                    return;
                }
                out.write(bytes);
                carried += bytes.length;
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            // The connection broke, as it may.
        } finally {
            ended(from);
            // Whoever reads for a delivery that has ended must not wait for its place.
            way.clear();
        }
    }
}
