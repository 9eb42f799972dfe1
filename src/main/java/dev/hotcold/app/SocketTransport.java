package dev.hotcold.app;

import io.netty.channel.uring.IoUring;
import io.vertx.core.Vertx;
import io.vertx.core.VertxBuilder;
import io.vertx.core.VertxOptions;
import io.vertx.core.transport.Transport;

/**
 * By what the event loops of the process learn of their sockets and use them: io_uring, where settings and kernel allow it,
 * or else what Vert.x prefers, which is epoll on Linux. See docs/decisions/0019 for what the choice is worth.
 */
public enum SocketTransport {
    IO_URING,
    PREFERRED_BY_VERTX;

    /**
     * The same at every call.
     *
     * @param ioUring whether the settings allow io_uring
     */
    public static SocketTransport choose(boolean ioUring) {
        // Receiving by multishot, which is not used, came with Linux 6.0. Older kernels were not measured, and some
        // count a
        // ring as locked memory, of which a process may have little.
        return ioUring && IoUring.isAvailable() && IoUring.isRecvMultishotEnabled() ? IO_URING : PREFERRED_BY_VERTX;
    }

    public boolean isIoUring() {
        return this == IO_URING;
    }

    /** @param loops event loops */
    Vertx newVertx(int loops) {
        VertxBuilder builder = Vertx.builder()
                .with(new VertxOptions().setPreferNativeTransport(true).setEventLoopPoolSize(loops));
        return isIoUring() ? builder.withTransport(Transport.IO_URING).build() : builder.build();
    }
}
