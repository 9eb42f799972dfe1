package dev.hotcold.app;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.impl.transports.IoUringTransport;
import io.vertx.core.impl.transports.TransportInternal;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.transport.Transport;
import java.net.SocketAddress;

/**
 * The kernel interface through which the event loops use their sockets; docs/decisions/0019 measures the choice.
 */
public enum SocketTransport {
    IO_URING("io_uring"),
    EPOLL("epoll"),
    NIO("java.nio");

    static {
        // Out of file descriptors, Netty would retry accept without a pause, whatever pause is configured.
        System.setProperty("io.netty.iouring.acceptMultiShotEnabled", "false");
    }

    private final String title;

    SocketTransport(String title) {
        this.title = title;
    }

    /**
     * The first one that is available; the same at every call.
     *
     * @param ioUring whether the settings allow io_uring
     */
    public static SocketTransport choose(boolean ioUring) {
        // Multishot receive, which is not used, shows Linux 6.0 or newer: older kernels were not measured.
        if (ioUring && IoUring.isAvailable() && IoUring.isRecvMultishotEnabled()) {
            return IO_URING;
        }
        return Transport.EPOLL != null && Transport.EPOLL.available() ? EPOLL : NIO;
    }

    public boolean isIoUring() {
        return this == IO_URING;
    }

    /**
     * Event loops on it.
     *
     * @throws StartFailure when the kernel refuses so many
     */
    Vertx newVertx(int loops) throws StartFailure {
        Transport transport = switch (this) {
            case IO_URING -> new TransportInternal("io_uring", true, null, new WithUnixSockets());
            case EPOLL -> Transport.EPOLL;
            case NIO -> Transport.NIO;
        };
        try {
            return Vertx.builder()
                    .with(new VertxOptions().setEventLoopPoolSize(loops))
                    .withTransport(transport)
                    .build();
        } catch (IllegalStateException refused) {
            String way = isIoUring() ? "; IO_URING=off does without io_uring" : "";
            throw new StartFailure("cannot start event loops on " + this + ": " + refused + way);
        }
    }

    /** Netty has unix sockets on io_uring; Vert.x has not come to use them. */
    private static final class WithUnixSockets extends IoUringTransport {

        @Override
        public boolean supportsDomainSockets() {
            return true;
        }

        @Override
        public SocketAddress convert(io.vertx.core.net.SocketAddress address) {
            return address.isDomainSocket() ? new DomainSocketAddress(address.path()) : super.convert(address);
        }

        @Override
        public ChannelFactory<? extends Channel> channelFactory(boolean domainSocket) {
            return domainSocket ? IoUringDomainSocketChannel::new : super.channelFactory(false);
        }

        @Override
        public void configure(
                ClientOptionsBase options, int connectTimeout, boolean domainSocket, Bootstrap bootstrap) {
            if (domainSocket) {
                bootstrap.option(ChannelOption.CONNECT_TIMEOUT_MILLIS, connectTimeout);
            } else {
                super.configure(options, connectTimeout, false, bootstrap);
            }
        }
    }

    /** Its name. */
    @Override
    public String toString() {
        return title;
    }
}
