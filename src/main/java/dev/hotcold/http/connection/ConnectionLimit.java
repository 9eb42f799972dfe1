package dev.hotcold.http.connection;

import dev.hotcold.http.response.Problems;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.DateFormatter;
import io.netty.util.ReferenceCountUtil;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Handler of the listening socket that bounds how many connections are open. Further ones are closed, without TLS after a 503.
 *
 * <p>Confined to: the thread that accepts; connections may close on any thread.
 */
public final class ConnectionLimit extends ChannelInboundHandlerAdapter {

    /** A connection that is sent the 503 is closed after this long, if its client has not closed it. */
    private static final int REFUSAL_SECONDS = 1;

    private static final int MIN_REFUSALS = 4;
    private static final int MAX_REFUSALS = 256;

    private final int max;
    private final int maxRefusals;
    private final boolean encrypted;
    private final Runnable onRefused;
    private final AtomicInteger open = new AtomicInteger();
    private int refusing;

    /**
     * @param max how many connections may be open at once; 0 = no limit
     * @param encrypted whether clients expect TLS, so that no 503 can be sent without a handshake
     * @param onRefused called for each connection that is refused, on the thread that accepts
     */
    public ConnectionLimit(int max, boolean encrypted, Runnable onRefused) {
        this.max = max;
        this.maxRefusals = refusals(max);
        this.encrypted = encrypted;
        this.onRefused = onRefused;
    }

    /**
     * How many connections may be sent the 503 at once, beside those that are open; further ones are closed without it.
     *
     * @param max how many may be open
     */
    public static int refusals(int max) {
        return Math.clamp(max / 8, MIN_REFUSALS, MAX_REFUSALS);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        Channel connection = (Channel) message;
        if (max == 0) {
            context.fireChannelRead(connection);
        } else if (open.get() < max) {
            open.incrementAndGet();
            var _ = connection.closeFuture().addListener(closed -> open.decrementAndGet());
            context.fireChannelRead(connection);
        } else {
            onRefused.run();
            refuse(context, connection);
        }
    }

    private void refuse(ChannelHandlerContext context, Channel connection) {
        if (encrypted || refusing >= maxRefusals) {
            connection.unsafe().closeForcibly();
            return;
        }
        refusing++;
        // Unread bytes would make the close a reset, and the client might lose the 503.
        connection.pipeline().addLast(new DiscardReads());
        var _ = connection.closeFuture().addListener(closed -> refusing--);
        var _ = context.channel().eventLoop().register(connection).addListener(registered -> {
            if (registered.isSuccess()) {
                sendRefusal(connection);
            } else {
                connection.unsafe().closeForcibly();
            }
        });
    }

    private static void sendRefusal(Channel connection) {
        var _ = connection.writeAndFlush(Unpooled.wrappedBuffer(refusal())).addListener(written -> {
            var _ = ((DuplexChannel) connection).shutdownOutput();
        });
        Runnable end = () -> {
            var _ = connection.close();
        };
        var _ = connection.eventLoop().schedule(end, REFUSAL_SECONDS, TimeUnit.SECONDS);
    }

    private static byte[] refusal() {
        String body = Problems.body(503, "Too many connections", "Connect again later.");
        return ("HTTP/1.1 503 Service Unavailable\r\nDate: " + DateFormatter.format(Date.from(Instant.now()))
                        + "\r\nContent-Type: application/problem+json\r\nRetry-After: 1\r\n"
                        + "Cache-Control: no-store\r\nConnection: close\r\nContent-Length: " + body.length()
                        + "\r\n\r\n" + body)
                .getBytes(StandardCharsets.US_ASCII);
    }

    private static final class DiscardReads extends ChannelInboundHandlerAdapter {

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
