package dev.hotcold.hot.connection;

import dev.hotcold.names.HostNames;
import dev.hotcold.names.NettyNames;
import io.lettuce.core.ConnectionBuilder;
import io.lettuce.core.metrics.CommandLatencyRecorder;
import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.lettuce.core.resource.DefaultEventLoopGroupProvider;
import io.lettuce.core.resource.EventLoopGroupProvider;
import io.lettuce.core.resource.NettyCustomizer;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.util.HashedWheelTimer;
import io.netty.util.Timer;
import io.netty.util.concurrent.DefaultEventExecutorGroup;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.netty.util.concurrent.EventExecutorGroup;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What the Redis connections of the process share outside the event loops of lookups: a timer, a thread for reconnects, and
 * an event loop for all connections but those of lookups. Thread-safe.
 */
public final class RedisResources implements AutoCloseable {

    /** null = not yet */
    private static @Nullable Boolean chosen;

    private final Timer timer = new HashedWheelTimer(new DefaultThreadFactory("redis-timer", true));
    private final EventExecutorGroup executor =
            new DefaultEventExecutorGroup(1, new DefaultThreadFactory("redis-reconnect", true));
    /** One loop, where Lettuce by itself makes two: each takes more than a megabyte with io_uring. */
    private final EventLoopGroupProvider dedicated = new DefaultEventLoopGroupProvider(1);

    /** @param ioUring as with {@link #chooseTransport} */
    public RedisResources(boolean ioUring) {
        chooseTransport(ioUring);
    }

    /**
     * Tells Lettuce, which chooses once for the whole process, and by itself would prefer epoll. To be called before its
     * first use.
     *
     * @param ioUring whether the event loops run on io_uring
     * @throws IllegalStateException when the choice was another before
     */
    public static synchronized void chooseTransport(boolean ioUring) {
        if (chosen != null && chosen != ioUring) {
            throw new IllegalStateException(
                    "one process, one transport: IO_URING differs from that of another service");
        }
        chosen = ioUring;
        System.setProperty("io.lettuce.core.iouring", Boolean.toString(ioUring));
        System.setProperty("io.lettuce.core.epoll", Boolean.toString(!ioUring));
    }

    /**
     * Lettuce's resources for connections outside the event loops.
     *
     * @param onOpened hears where each connection leads to, on a thread of Lettuce's
     */
    public ClientResources dedicated(Consumer<SocketAddress> onOpened) {
        ReplyGuard.Listener listener = new ReplyGuard.Listener() {
            @Override
            public void refused(String why) {
                // Whoever uses the connection hears of it.
            }

            @Override
            public void opened(SocketAddress server) {
                onOpened.accept(server);
            }
        };
        NettyNames names = new NettyNames(HostNames.OF_PROCESS);
        return DefaultClientResources.builder()
                .nettyCustomizer(watched(names, ReplyGuard.customizer(_ -> listener, ReplyLimits.ofThisProcess())))
                .eventLoopGroupProvider(dedicated)
                .addressResolverGroup(names)
                .eventExecutorGroup(executor)
                .timer(timer)
                .commandLatencyRecorder(CommandLatencyRecorder.disabled())
                .build();
    }

    /**
     * Of a name with several addresses the next connection takes another one.
     *
     * @param server that was of no use; null = not known
     * @param resources of the client
     */
    public static void shun(@Nullable SocketAddress server, ClientResources resources) {
        if (resources.addressResolverGroup() instanceof NettyNames names
                && server instanceof InetSocketAddress address) {
            names.shun(address);
        }
    }

    /** Whether a channel is only to ask where the primary is: it closes at once, which is no trouble of the primary's. */
    private static boolean asksSentinel(Channel channel, RedisEndpoint endpoint) {
        return endpoint.location() instanceof RedisLocation.Sentinels
                && !String.valueOf(channel.attr(ConnectionBuilder.REDIS_URI).get())
                        .contains("-sentinel://");
    }

    /**
     * Lettuce's resources for a client whose every channel runs on this loop.
     *
     * @param endpoint of the client
     * @param nearEntries what the client reads under tracking at most
     * @param listener hears, on the loop, of what Redis may not send
     */
    ClientResources pinnedTo(EventLoop loop, RedisEndpoint endpoint, int nearEntries, ReplyGuard.Listener listener) {
        ReconnectPause pause = new ReconnectPause(listener);
        NettyNames names = new NettyNames(HostNames.OF_PROCESS);
        return DefaultClientResources.builder()
                .nettyCustomizer(watched(
                        names,
                        ReplyGuard.customizer(
                                channel -> asksSentinel(channel, endpoint) ? ReplyGuard.Listener.NOBODY : pause,
                                ReplyLimits.ofThisProcess().tracking(nearEntries))))
                .eventLoopGroupProvider(new Pinned(loop))
                .addressResolverGroup(names)
                .eventExecutorGroup(executor)
                .timer(timer)
                .reconnectDelay(pause)
                .commandLatencyRecorder(CommandLatencyRecorder.disabled())
                .build();
    }

    /** Of several addresses of a name, one that fails gives way to another. */
    private static NettyCustomizer watched(NettyNames names, NettyCustomizer guard) {
        return new NettyCustomizer() {
            @Override
            public void afterBootstrapInitialized(Bootstrap bootstrap) {
                guard.afterBootstrapInitialized(bootstrap);
            }

            @Override
            public void afterChannelInitialized(Channel channel) {
                guard.afterChannelInitialized(channel);
                names.watch(channel);
            }
        };
    }

    /** Ends its threads soon; does not wait for that. */
    @Override
    public void close() {
        timer.stop();
        var _ = dedicated.shutdown(0, 200, TimeUnit.MILLISECONDS);
        var _ = executor.shutdownGracefully(0, 200, TimeUnit.MILLISECONDS);
    }

    /** Hands out a loop that belongs to somebody else, and so never shuts it down. */
    private record Pinned(EventLoop loop) implements EventLoopGroupProvider {

        @Override
        @SuppressWarnings("unchecked") // Lettuce asks for its default group's class but needs no more than a group
        public <T extends EventLoopGroup> T allocate(Class<T> type) {
            return (T) loop;
        }

        @Override
        public int threadPoolSize() {
            return 1;
        }

        @Override
        public Future<Boolean> release(EventExecutorGroup group, long quietPeriod, long timeout, TimeUnit unit) {
            return ImmediateEventExecutor.INSTANCE.newSucceededFuture(true);
        }

        @Override
        public Future<Boolean> shutdown(long quietPeriod, long timeout, TimeUnit unit) {
            return ImmediateEventExecutor.INSTANCE.newSucceededFuture(true);
        }
    }
}
