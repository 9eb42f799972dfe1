package dev.hotcold.app;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelOption;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.unix.DomainSocketAddress;
import io.netty.channel.uring.IoUring;
import io.netty.channel.uring.IoUringDomainSocketChannel;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.impl.transports.IoUringTransport;
import io.vertx.core.impl.transports.TransportInternal;
import io.vertx.core.net.ClientOptionsBase;
import io.vertx.core.transport.Transport;
import java.net.SocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

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

    /** Vert.x serves no files here, and so needs no directory to unpack them to, which may not be there to be written. */
    private static final FileSystemOptions NO_FILES =
            new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false);

    private static final Logger LOG = LoggerFactory.getLogger(SocketTransport.class);

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

    /**
     * Tells which one it is, and why it is not a better one.
     *
     * @param loops how many event loops for lookups are on it
     * @param ioUring as with {@link #choose}
     */
    void tell(int loops, boolean ioUring) {
        switch (this) {
            case IO_URING -> LOG.info("{} event loops for lookups, on {}", loops, this);
            case EPOLL ->
                LOG.info("{} event loops for lookups, on {}; not on io_uring: {}", loops, this, noIoUring(ioUring));
            case NIO -> {
                LOG.info("{} event loops for lookups, on {}", loops, this);
                if (System.getProperty("os.name").equals("Linux")) {
                    LOG.warn(
                            "Sockets are slower than they could be, on java.nio, as neither io_uring nor epoll can be used: {}."
                                    + " If their libraries cannot be unpacked or loaded, because {} is read-only or mounted noexec,"
                                    + " name a directory where they can: -Dio.netty.native.workdir=DIR in JAVA_OPTS, or in a"
                                    + " container in JDK_JAVA_OPTIONS",
                            problem(ioUring ? IoUring.unavailabilityCause() : Epoll.unavailabilityCause()),
                            System.getProperty("io.netty.native.workdir", System.getProperty("java.io.tmpdir")));
                }
            }
        }
    }

    private static String noIoUring(boolean ioUring) {
        if (!ioUring) {
            return "IO_URING is off";
        }
        return IoUring.isAvailable() ? "the kernel is older than Linux 6" : problem(IoUring.unavailabilityCause());
    }

    /** What is at the bottom of it, where the system says what is wrong. */
    private static String problem(@Nullable Throwable failure) {
        Throwable cause = failure;
        while (cause != null && (cause.getCause() != null || cause.getSuppressed().length > 0)) {
            cause = cause.getCause() != null ? cause.getCause() : cause.getSuppressed()[0];
        }
        return cause == null ? "unknown cause" : String.valueOf(cause.getMessage());
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
                    .with(new VertxOptions().setEventLoopPoolSize(loops).setFileSystemOptions(NO_FILES))
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
