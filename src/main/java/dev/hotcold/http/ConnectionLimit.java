package dev.hotcold.http;

import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands behind the listening socket and lets only so many connections through to the event loops. Those beyond are told to
 * come again, if they speak plain HTTP, and closed.
 *
 * <p>Confined to: the thread that accepts; connections end on any.
 */
final class ConnectionLimit extends ChannelInboundHandlerAdapter {

    /** A connection that is told why is closed after this long, if its client does not close it. */
    private static final int PARTING_SECONDS = 1;

    /** Most connections that are being told; further ones are closed without a word. */
    private static final int MOST_PARTING = 256;

    private static final byte[] REFUSAL = refusal();

    private final int most;
    private final boolean encrypted;
    private final RefusalObserver refusals;
    private final AtomicInteger open = new AtomicInteger();
    private int parting;

    /**
     * @param most how many connections may be open at once; 0 = no limit
     * @param encrypted whether clients expect TLS, so that nothing can be told them
     */
    ConnectionLimit(int most, boolean encrypted, RefusalObserver refusals) {
        this.most = most;
        this.encrypted = encrypted;
        this.refusals = refusals;
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        Channel connection = (Channel) message;
        if (most == 0) {
            context.fireChannelRead(connection);
        } else if (open.get() < most) {
            open.incrementAndGet();
            var _ = connection.closeFuture().addListener(closed -> open.decrementAndGet());
            context.fireChannelRead(connection);
        } else {
            refusals.connectionRefused();
            refuse(context, connection);
        }
    }

    private void refuse(ChannelHandlerContext context, Channel connection) {
        if (encrypted || parting >= MOST_PARTING) {
            connection.unsafe().closeForcibly();
            return;
        }
        parting++;
        // What the client sends is read, or else closing would reset the connection and lose what it is told.
        connection.pipeline().addLast(new Ignored());
        var _ = connection.closeFuture().addListener(closed -> parting--);
        var _ = context.channel().eventLoop().register(connection).addListener(registered -> {
            if (registered.isSuccess()) {
                bidFarewell(connection);
            } else {
                connection.unsafe().closeForcibly();
            }
        });
    }

    private static void bidFarewell(Channel connection) {
        var _ = connection.writeAndFlush(Unpooled.wrappedBuffer(REFUSAL)).addListener(written -> {
            var _ = ((DuplexChannel) connection).shutdownOutput();
        });
        Runnable end = () -> {
            var _ = connection.close();
        };
        var _ = connection.eventLoop().schedule(end, PARTING_SECONDS, TimeUnit.SECONDS);
    }

    private static byte[] refusal() {
        String body = Problems.body(503, "Too many connections", "Connect again later.");
        return ("HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/problem+json\r\nRetry-After: 1\r\n"
                        + "Connection: close\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    /** Reads and forgets. */
    private static final class Ignored extends ChannelInboundHandlerAdapter {

        @Override
        public void channelRead(ChannelHandlerContext context, Object message) {
            ReferenceCountUtil.release(message);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
            var _ = context.close();
        }
    }
}
