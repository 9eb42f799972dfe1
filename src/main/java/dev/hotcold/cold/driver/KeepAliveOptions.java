package dev.hotcold.cold.driver;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.nio.NioChannelOption;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.channel.uring.IoUringChannelOption;
import io.netty.channel.uring.IoUringSocketChannel;
import jdk.net.ExtendedSocketOptions;

/** How often TCP probes a silent peer, set by the name that each transport has for it: Vert.x only switches it on. */
final class KeepAliveOptions {

    private KeepAliveOptions() {}

    static void apply(PostgresSession.KeepAlive wanted, Channel channel) {
        switch (channel) {
            case IoUringSocketChannel _ -> {
                set(channel, IoUringChannelOption.TCP_KEEPIDLE, wanted.idleSeconds());
                set(channel, IoUringChannelOption.TCP_KEEPINTVL, wanted.intervalSeconds());
                set(channel, IoUringChannelOption.TCP_KEEPCNT, wanted.count());
            }
            case EpollSocketChannel _ -> {
                set(channel, EpollChannelOption.TCP_KEEPIDLE, wanted.idleSeconds());
                set(channel, EpollChannelOption.TCP_KEEPINTVL, wanted.intervalSeconds());
                set(channel, EpollChannelOption.TCP_KEEPCNT, wanted.count());
            }
            case NioSocketChannel _ -> {
                set(channel, NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPIDLE), wanted.idleSeconds());
                set(channel, NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPINTERVAL), wanted.intervalSeconds());
                set(channel, NioChannelOption.of(ExtendedSocketOptions.TCP_KEEPCOUNT), wanted.count());
            }
            // A unix socket, whose peer cannot vanish unseen.
            default -> {}
        }
    }

    private static void set(Channel channel, ChannelOption<Integer> option, int value) {
        if (value > 0) {
            channel.config().setOption(option, value);
        }
    }
}
