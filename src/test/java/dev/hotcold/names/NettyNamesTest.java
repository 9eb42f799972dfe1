package dev.hotcold.names;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.ImmediateEventExecutor;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class NettyNamesTest {

    private static final InetAddress FIRST = InetAddress.ofLiteral("10.0.0.1");
    private static final InetAddress SECOND = InetAddress.ofLiteral("2001:db8::1");

    private long now = 5;
    private final NettyNames names = new NettyNames(
            new HostNames(
                    host -> {
                        if (!host.equals("redis")) {
                            throw new UnknownHostException(host);
                        }
                        return new InetAddress[] {FIRST, SECOND};
                    },
                    Runnable::run,
                    () -> now),
            () -> now);

    @Test
    void resolve_nothingFailed_isTheFirst() {
        assertThat(resolved()).isEqualTo(FIRST);
        assertThat(resolved()).isEqualTo(FIRST);
    }

    @Test
    void resolve_firstHasFailed_isTheNextForAWhile() {
        fail(FIRST);
        assertThat(resolved()).isEqualTo(SECOND);

        now += NettyNames.SHUNNED.toNanos();

        assertThat(resolved()).isEqualTo(FIRST);
    }

    /** It let somebody in, and was another server than it should be. */
    @Test
    void resolve_firstIsShunned_isTheNextForAWhile() {
        names.shun(new InetSocketAddress(FIRST, 6379));

        assertThat(resolved()).isEqualTo(SECOND);
    }

    @Test
    void resolve_allHaveFailed_isTheOneThatFailedFirst() {
        fail(SECOND);
        now += Duration.ofMillis(100).toNanos();
        fail(FIRST);

        assertThat(resolved()).isEqualTo(SECOND);
    }

    @Test
    void resolve_unknown_failsByName() {
        assertThat(names.getResolver(ImmediateEventExecutor.INSTANCE)
                        .resolve(InetSocketAddress.createUnresolved("other", 6379))
                        .cause())
                .isInstanceOf(UnknownHostException.class)
                .hasMessage("other");
    }

    private InetAddress resolved() {
        InetSocketAddress address = names.getResolver(ImmediateEventExecutor.INSTANCE)
                .resolve(InetSocketAddress.createUnresolved("redis", 6379))
                .getNow();
        assertThat(address.getPort()).isEqualTo(6379);
        return address.getAddress();
    }

    private void fail(InetAddress address) {
        EmbeddedChannel channel = new EmbeddedChannel();
        names.watch(channel);
        channel.pipeline().addFirst(new ChannelOutboundHandlerAdapter() {
            @Override
            public void connect(
                    ChannelHandlerContext context, SocketAddress remote, SocketAddress local, ChannelPromise promise) {
                promise.setFailure(new ConnectException("refused"));
            }
        });
        var _ = channel.connect(new InetSocketAddress(address, 6379));
    }
}
