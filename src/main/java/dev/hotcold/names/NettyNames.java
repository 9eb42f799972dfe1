package dev.hotcold.names;

import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.resolver.AbstractAddressResolver;
import io.netty.resolver.AddressResolver;
import io.netty.resolver.AddressResolverGroup;
import io.netty.util.concurrent.EventExecutor;
import io.netty.util.concurrent.Promise;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;

/**
 * {@link HostNames} for clients that connect by Netty. They try one address each time; so of a name with several it is the first one
 * that has not just failed. Thread-safe.
 */
public final class NettyNames extends AddressResolverGroup<InetSocketAddress> {

    /** An address that has failed is tried again after so long, or when no other is left. */
    static final Duration SHUNNED = Duration.ofSeconds(5);

    private final HostNames names;
    private final LongSupplier clock;
    private final Map<InetSocketAddress, Long> failedAt = new ConcurrentHashMap<>();

    /** For one client. */
    public NettyNames(HostNames names) {
        this(names, System::nanoTime);
    }

    NettyNames(HostNames names, LongSupplier clock) {
        this.names = names;
        this.clock = clock;
    }

    /** Has a channel that is about to connect tell whether it could. */
    public void watch(Channel channel) {
        channel.pipeline().addFirst(new Witness());
    }

    /** What an address led to was of no use: another one is better for a while. */
    public void shun(InetSocketAddress address) {
        failedAt.put(address, clock.getAsLong());
    }

    @Override
    protected AddressResolver<InetSocketAddress> newResolver(EventExecutor executor) {
        return new Resolver(executor);
    }

    /** The best ones first. */
    private List<InetSocketAddress> inOrder(List<InetSocketAddress> addresses) {
        long now = clock.getAsLong();
        failedAt.values().removeIf(at -> now - at >= SHUNNED.toNanos());
        return addresses.stream()
                // The longer ago, the better; a sort that keeps the order of equals.
                .sorted(Comparator.comparingLong(address -> {
                    Long at = failedAt.get(address);
                    return at == null ? Long.MIN_VALUE : at - now;
                }))
                .toList();
    }

    /** Completes its promises from any thread: whoever waits hears of it on the event loop. */
    private final class Resolver extends AbstractAddressResolver<InetSocketAddress> {

        Resolver(EventExecutor executor) {
            super(executor, InetSocketAddress.class);
        }

        @Override
        protected boolean doIsResolved(InetSocketAddress address) {
            return !address.isUnresolved();
        }

        @Override
        protected void doResolve(InetSocketAddress unresolved, Promise<InetSocketAddress> promise) {
            var _ = names.resolve(unresolved.getHostString()).whenComplete((found, failure) -> {
                if (found == null) {
                    promise.tryFailure(HostNames.reason(failure));
                } else {
                    promise.trySuccess(
                            inOrder(onPort(found, unresolved.getPort())).getFirst());
                }
            });
        }

        @Override
        protected void doResolveAll(InetSocketAddress unresolved, Promise<List<InetSocketAddress>> promise) {
            var _ = names.resolve(unresolved.getHostString()).whenComplete((found, failure) -> {
                if (found == null) {
                    promise.tryFailure(HostNames.reason(failure));
                } else {
                    promise.trySuccess(inOrder(onPort(found, unresolved.getPort())));
                }
            });
        }

        private static List<InetSocketAddress> onPort(List<InetAddress> addresses, int port) {
            return addresses.stream()
                    .map(address -> new InetSocketAddress(address, port))
                    .toList();
        }
    }

    /** Leaves the channel once it is connected. */
    private final class Witness extends ChannelOutboundHandlerAdapter {

        @Override
        public void connect(
                ChannelHandlerContext context, SocketAddress remote, SocketAddress local, ChannelPromise promise) {
            var _ = promise.addListener(ended -> {
                if (remote instanceof InetSocketAddress address) {
                    if (ended.isSuccess()) {
                        failedAt.remove(address);
                    } else {
                        shun(address);
                    }
                }
            });
            var _ = context.connect(remote, local, promise);
            context.pipeline().remove(this);
        }
    }
}
