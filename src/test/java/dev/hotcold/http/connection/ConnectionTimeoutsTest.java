package dev.hotcold.http.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.http.budget.TurnBudget;
import dev.hotcold.http.budget.UnreadBudget;
import dev.hotcold.http.budget.UnreadResponses;
import dev.hotcold.testkit.ManualTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.HttpRequestDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** How long a request may take to arrive, and a response to be read; with a pipeline as Vert.x builds it. */
class ConnectionTimeoutsTest {

    private static final Duration READ = Duration.ofSeconds(5);
    private static final Duration WRITE = Duration.ofSeconds(3);

    /** Connections are swept four times a second. */
    private static final Duration SWEEP = Duration.ofMillis(250);

    private final ManualTime time = new ManualTime();
    private final AtomicInteger stalled = new AtomicInteger();
    private final UnreadBudget budget = new UnreadBudget(time, 1 << 20, () -> {});
    private final ConnectionTimeouts timeouts = new ConnectionTimeouts(time, READ, WRITE, stalled::incrementAndGet);

    @AutoClose("finishAndReleaseAll")
    private final StuckChannel channel = new StuckChannel();

    @Test
    void read_headersNeverComplete_closesAtTheLimit() {
        serve(channel, timeouts);
        channel.writeInbound(bytes("GET / HTTP/1.1\r\n"));

        time.pass(READ.minus(SWEEP));
        assertThat(channel.isOpen()).isTrue();
        time.pass(SWEEP.multipliedBy(2));

        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void read_byteByByte_closesAsSoonAsWithoutFurtherBytes() {
        serve(channel, timeouts);

        for (int i = 0; i < 6 && channel.isOpen(); i++) {
            channel.writeInbound(bytes("x"));
            time.pass(Duration.ofSeconds(1));
        }

        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void read_nothingReceived_staysOpen() {
        serve(channel, timeouts);

        time.pass(READ.multipliedBy(3));

        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void read_headersComplete_staysOpenWhateverItsBodyTakes() {
        serve(channel, timeouts);
        channel.writeInbound(bytes("POST / HTTP/1.1\r\nContent-Length: 100\r\n\r\n"));
        time.pass(READ.multipliedBy(2));

        channel.writeInbound(bytes("body"));
        time.pass(READ.multipliedBy(2));

        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void read_secondRequestIncomplete_closes() {
        serve(channel, timeouts);
        channel.writeInbound(bytes("GET / HTTP/1.1\r\n\r\n"));
        time.pass(READ.multipliedBy(2));

        channel.writeInbound(bytes("GET"));
        time.pass(READ.plus(SWEEP));

        assertThat(channel.isOpen()).isFalse();
    }

    /** Without TLS the protocol is known only when the headers of the first request are complete. */
    @Test
    void read_protocolNeverKnown_closes() {
        channel.pipeline().addLast("httpDecoder", new HttpRequestDecoder());
        timeouts.watch(channel, UnreadResponses.install(channel, budget, new TurnBudget(time)));
        timeouts.start();

        channel.writeInbound(bytes("GET"));
        time.pass(READ.plus(SWEEP));

        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void read_http2_isNotLimited() {
        timeouts.watch(channel, UnreadResponses.install(channel, budget, new TurnBudget(time)));
        timeouts.start();
        channel.writeInbound(bytes("PRI"));
        timeouts.protocolKnown(channel, true);

        channel.writeInbound(bytes("a frame"));
        time.pass(READ.multipliedBy(3));

        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void write_noProgress_closesAtTheLimit() {
        serve(channel, timeouts);
        var _ = channel.writeAndFlush(bytes("response"));

        time.pass(WRITE);
        assertThat(channel.isOpen()).isTrue();
        time.pass(SWEEP.multipliedBy(2));

        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void write_someProgress_staysOpen() {
        serve(channel, timeouts);
        var _ = channel.writeAndFlush(bytes("response"));

        for (int i = 0; i < 4; i++) {
            time.pass(WRITE.minus(SWEEP));
            channel.letRead(1);
        }

        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void write_nextMessageFirst_startsTheTimeAgain() {
        serve(channel, timeouts);
        var _ = channel.writeAndFlush(bytes("one"));
        var _ = channel.writeAndFlush(bytes("two"));
        time.pass(WRITE.minus(SWEEP));

        channel.letReadFirstMessage();
        time.pass(WRITE.minus(SWEEP));

        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void write_allRead_staysOpen() {
        serve(channel, timeouts);
        var _ = channel.writeAndFlush(bytes("response"));
        time.pass(WRITE.minus(SWEEP));

        channel.letReadFirstMessage();
        time.pass(WRITE.multipliedBy(3));

        assertThat(channel.isOpen()).isTrue();
    }

    /** Vert.x's own handlers would wait for the pending writes. */
    @Test
    void close_isNotDelayedByTheHandlersOfThePipeline() {
        channel.pipeline().addLast(new ChannelOutboundHandlerAdapter() {
            @Override
            public void close(ChannelHandlerContext context, ChannelPromise promise) {
                // Waits for ever.
            }
        });
        serve(channel, timeouts);
        channel.writeInbound(bytes("GET"));

        time.pass(READ.plus(SWEEP));

        assertThat(channel.isOpen()).isFalse();
    }

    @Test
    void zero_isNoLimit() {
        ConnectionTimeouts none = new ConnectionTimeouts(time, Duration.ZERO, Duration.ZERO, stalled::incrementAndGet);
        serve(channel, none);
        channel.writeInbound(bytes("GET"));
        var _ = channel.writeAndFlush(bytes("response"));

        time.pass(Duration.ofHours(1));

        assertThat(channel.isOpen()).isTrue();
    }

    @Test
    void zero_ofOneLimit_leavesTheOther() {
        EmbeddedChannel reading = new EmbeddedChannel();
        ConnectionTimeouts writeOnly = new ConnectionTimeouts(time, Duration.ZERO, WRITE, stalled::incrementAndGet);
        serve(channel, writeOnly);
        writeOnly.watch(reading, UnreadResponses.install(reading, budget, new TurnBudget(time)));
        reading.writeInbound(bytes("GET"));
        var _ = channel.writeAndFlush(bytes("response"));

        time.pass(Duration.ofMinutes(1));

        assertThat(reading.isOpen()).isTrue();
        assertThat(channel.isOpen()).isFalse();
        reading.finishAndReleaseAll();
    }

    private void serve(EmbeddedChannel channel, ConnectionTimeouts timeouts) {
        channel.pipeline().addLast("httpDecoder", new HttpRequestDecoder());
        timeouts.watch(channel, UnreadResponses.install(channel, budget, new TurnBudget(time)));
        timeouts.protocolKnown(channel, false);
        timeouts.start();
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.US_ASCII);
    }
}
