package dev.hotcold.hot.connection;

import dev.hotcold.loop.AnswersInMemory;
import io.lettuce.core.RedisException;
import io.lettuce.core.protocol.CommandHandler;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.util.ReferenceCountUtil;
import java.net.SocketAddress;
import java.util.Collection;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Stands before Lettuce's decoder, and ends the connection at what Redis may not send, by {@link ReplyFraming}. Lettuce itself
 * makes room for whatever length is announced, waits for the end of any line, and gives a reply to the next command even when
 * none was asked for.
 *
 * <p>Confined to: the event loop of its connection.
 */
final class ReplyGuard extends ChannelDuplexHandler {

    /** Hears of connections; called on their event loop. */
    @FunctionalInterface
    interface Listener {

        /** Of nothing. */
        Listener NOBODY = why -> {};

        /** The connection is ended, because Redis did this: words that go on "Redis". */
        void refused(String why);

        /** A connection to this address is open, and the login is over. */
        default void opened(SocketAddress server) {}

        /** Such a connection has closed. */
        default void closed() {}
    }

    /** Some milliseconds' worth. */
    private static final int MANY_PUSHES = 1000;

    private final Listener listener;
    private final ReplyFraming framing;
    private boolean isOpen;
    private boolean isRefused;

    /** What the loop has taken note of. */
    private int pushes;

    private ReplyGuard(Listener listener, ReplyLimits limits) {
        this.listener = listener;
        this.framing = new ReplyFraming(limits, AnswersInMemory.OF_PROCESS.share());
    }

    /**
     * Puts a guard into each connection that Lettuce makes.
     *
     * @param listener who hears of a connection
     */
    static NettyCustomizer customizer(Function<Channel, Listener> listener, ReplyLimits limits) {
        return new NettyCustomizer() {
            @Override
            public void afterChannelInitialized(Channel channel) {
                String decoder =
                        channel.pipeline().context(CommandHandler.class).name();
                channel.pipeline().addBefore(decoder, "reply-guard", new ReplyGuard(listener.apply(channel), limits));
            }
        };
    }

    /** After the login: Lettuce keeps the event back until then. */
    @Override
    public void channelActive(ChannelHandlerContext context) {
        isOpen = true;
        listener.opened(context.channel().remoteAddress());
        context.fireChannelActive();
    }

    @Override
    public void channelInactive(ChannelHandlerContext context) {
        if (isOpen) {
            isOpen = false;
            listener.closed();
        }
        context.fireChannelInactive();
    }

    @Override
    public void handlerRemoved(ChannelHandlerContext context) {
        framing.close();
    }

    @Override
    public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
        framing.asked(message instanceof Collection<?> commands ? commands.size() : 1);
        var _ = context.write(message, promise);
    }

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
        if (isRefused) {
            ReferenceCountUtil.release(message);
            return;
        }
        String refusal = framing.read((ByteBuf) message, System.nanoTime());
        if (refusal == null) {
            breatheAmongPushes(context);
            context.fireChannelRead(message);
            return;
        }
        isRefused = true;
        ReferenceCountUtil.release(message);
        listener.refused(refusal);
        // So that what is in flight, also a login, fails for this reason.
        context.fireExceptionCaught(new RedisException("Redis " + refusal));
        var _ = context.close();
    }

    /** A flood of them, such as a change of all users causes, shall not keep the loop from the lookups: the next turn reads on. */
    private void breatheAmongPushes(ChannelHandlerContext context) {
        if (framing.pushes() - pushes < MANY_PUSHES) {
            return;
        }
        pushes = framing.pushes();
        ChannelConfig reading = context.channel().config();
        if (reading.isAutoRead()) {
            reading.setAutoRead(false);
            var _ = context.executor().schedule(() -> reading.setAutoRead(true), 0, TimeUnit.NANOSECONDS);
        }
    }
}
