package dev.hotcold.http.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelPromise;
import io.netty.channel.DefaultChannelId;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.DuplexChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** A listening socket that accepts two connections. Those let through are the channel's inbound. */
class ConnectionLimitTest {

    private int refused;

    @AutoClose("finishAndReleaseAll")
    private final EmbeddedChannel listener = listener(2, false);

    @Test
    void accept_upToTheLimit_letsThrough() {
        Connection first = accept(listener);
        Connection second = accept(listener);

        assertThat(listener.inboundMessages()).containsExactly(first, second);
        assertThat(refused).isZero();
    }

    @Test
    void accept_beyondTheLimit_sends503AndClosesLater() {
        fill();
        Connection third = accept(listener);

        assertThat(listener.inboundMessages()).doesNotContain(third);
        assertThat(refused).isEqualTo(1);
        assertThat(third.sent())
                .startsWith("HTTP/1.1 503 Service Unavailable\r\n")
                .contains("\r\nRetry-After: 1\r\n", "\r\nConnection: close\r\n", "\"status\":503");
        assertThat(third.isOutputShutdown()).isTrue();
        assertThat(third.isOpen()).as("until the client has read").isTrue();

        listener.advanceTimeBy(1, TimeUnit.SECONDS);
        listener.runScheduledPendingTasks();

        assertThat(third.isOpen()).isFalse();
    }

    @Test
    void accept_beyondTheLimit_discardsWhatTheClientSends() {
        fill();
        Connection third = accept(listener);
        ByteBuf request = Unpooled.copiedBuffer("GET", StandardCharsets.US_ASCII);

        third.pipeline().fireChannelRead(request);

        assertThat(request.refCnt()).isZero();
    }

    @Test
    void accept_afterOneHasClosed_letsThrough() {
        Connection first = accept(listener);
        accept(listener);

        var _ = first.close();
        Connection third = accept(listener);

        assertThat(listener.inboundMessages()).contains(third);
        assertThat(refused).isZero();
    }

    @Test
    void accept_afterARefusedOneHasClosed_isStillBeyondTheLimit() {
        fill();

        var _ = accept(listener).close();
        accept(listener);

        assertThat(refused).isEqualTo(2);
    }

    @Test
    void accept_beyondTheLimitUnderTls_closesAtOnce() {
        EmbeddedChannel encrypted = listener(1, true);
        accept(encrypted);

        Connection second = accept(encrypted);

        assertThat(second.isOpen()).isFalse();
        assertThat(second.outboundMessages()).isEmpty();
        assertThat(refused).isEqualTo(1);
        encrypted.finishAndReleaseAll();
    }

    @Test
    void accept_tooManyBeingRefused_closesAtOnceUntilSomeAreClosed() {
        fill();
        List<Connection> refusing = new ArrayList<>();
        for (int i = 0; i < ConnectionLimit.refusals(2); i++) {
            refusing.add(accept(listener));
        }
        assertThat(refusing).allMatch(Connection::isOpen);

        Connection next = accept(listener);
        assertThat(next.isOpen()).isFalse();
        var _ = refusing.getFirst().close();

        assertThat(accept(listener).isOpen()).isTrue();
        assertThat(refused).isEqualTo(ConnectionLimit.refusals(2) + 2);
    }

    @Test
    void zero_isNoLimit() {
        EmbeddedChannel unlimited = listener(0, false);

        for (int i = 0; i < 1000; i++) {
            accept(unlimited);
        }

        assertThat(unlimited.inboundMessages()).hasSize(1000);
        assertThat(refused).isZero();
        unlimited.finishAndReleaseAll();
    }

    private EmbeddedChannel listener(int max, boolean encrypted) {
        EmbeddedChannel channel = new EmbeddedChannel(new ConnectionLimit(max, encrypted, () -> refused++));
        channel.freezeTime();
        return channel;
    }

    private void fill() {
        accept(listener);
        accept(listener);
    }

    private static Connection accept(EmbeddedChannel by) {
        Connection connection = new Connection();
        by.writeInbound(connection);
        if (!connection.isRegistered() && connection.isOpen()) {
            // As Netty does with those that are let through.
            var _ = by.eventLoop().register(connection);
        }
        return connection;
    }

    /** Accepted and registered with no event loop yet. */
    private static final class Connection extends EmbeddedChannel implements DuplexChannel {

        private boolean outputShutdown;

        private Connection() {
            super(null, DefaultChannelId.newInstance(), false, false);
        }

        private String sent() {
            ByteBuf bytes = readOutbound();
            String text = bytes.toString(StandardCharsets.US_ASCII);
            bytes.release();
            return text;
        }

        @Override
        public ChannelFuture shutdownOutput() {
            outputShutdown = true;
            return newSucceededFuture();
        }

        @Override
        public boolean isOutputShutdown() {
            return outputShutdown;
        }

        @Override
        public ChannelFuture shutdownOutput(ChannelPromise promise) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isInputShutdown() {
            throw new UnsupportedOperationException();
        }

        @Override
        public ChannelFuture shutdownInput() {
            throw new UnsupportedOperationException();
        }

        @Override
        public ChannelFuture shutdownInput(ChannelPromise promise) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isShutdown() {
            throw new UnsupportedOperationException();
        }

        @Override
        public ChannelFuture shutdown() {
            throw new UnsupportedOperationException();
        }

        @Override
        public ChannelFuture shutdown(ChannelPromise promise) {
            throw new UnsupportedOperationException();
        }
    }
}
