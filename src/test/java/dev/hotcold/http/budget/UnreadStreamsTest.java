package dev.hotcold.http.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.RawHttp2Client;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.Http2ConnectionHandler;
import io.netty.handler.codec.http2.Http2FrameAdapter;
import io.netty.handler.codec.http2.Http2Stream;
import io.netty.handler.codec.http2.HttpToHttp2ConnectionHandlerBuilder;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** One client of HTTP/2, looked at once a second, with a limit of five. */
class UnreadStreamsTest {

    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long LIMIT = 5 * SECOND;
    private static final int PIECE = 16_384;
    private static final int LARGE = 6 << 20;

    private final ManualTime loop = new ManualTime();
    private final DefaultHttp2Connection connection = new DefaultHttp2Connection(true);
    private final Http2ConnectionHandler handler = new HttpToHttp2ConnectionHandlerBuilder()
            .connection(connection)
            .frameListener(new Http2FrameAdapter())
            .build();

    @AutoClose("finishAndReleaseAll")
    private final EmbeddedChannel channel = new EmbeddedChannel(handler);

    private final UnreadStreams streams = UnreadStreams.install(
            handler, UnreadResponses.install(channel, new UnreadBudget(loop, 1 << 30, () -> {}), new TurnBudget(loop)));
    private long now;

    @BeforeEach
    void connect() {
        receive(RawHttp2Client.PREFACE);
    }

    /** Its socket is what holds it back: the windows let all of it through at once. */
    @Test
    void pages_takenPieceByPieceThroughALargeWindow_areNotReset() {
        receive(RawHttp2Client.initialWindowOf(LARGE));
        receive(RawHttp2Client.granted(0, LARGE));
        answer();

        for (int second = 0; second < 10; second++) {
            writePiece();

            assertThat(sweep(false)).isFalse();
            assertThat(isOpen()).isTrue();
        }
    }

    @Test
    void response_handedOverWhole_isNotResetWhileTheSocketIsBusy() {
        receive(RawHttp2Client.initialWindowOf(LARGE));
        receive(RawHttp2Client.granted(0, LARGE));
        answer();
        writePiece();

        for (int second = 0; second < 10; second++) {
            assertThat(sweep(true)).isFalse();
            assertThat(isOpen()).isTrue();
        }
    }

    @Test
    void response_noByteGranted_endsTheConnection() {
        receive(RawHttp2Client.initialWindowOf(0));
        answer();
        writePiece();

        for (int second = 0; second < 5; second++) {
            assertThat(sweep(false)).isFalse();
        }
        assertThat(sweep(false)).isTrue();
    }

    private void answer() {
        receive(RawHttp2Client.requested(1, "/"));
        var _ = handler.encoder()
                .writeHeaders(
                        context(),
                        1,
                        new DefaultHttp2Headers().status("200"),
                        0,
                        false,
                        context().newPromise());
        streams.answered(1, PIECE);
        channel.flush();
    }

    private void writePiece() {
        var _ = handler.encoder()
                .writeData(
                        context(),
                        1,
                        Unpooled.wrappedBuffer(new byte[PIECE]),
                        0,
                        false,
                        context().newPromise());
        channel.flush();
    }

    private boolean sweep(boolean socketBusy) {
        boolean stalled = streams.sweep(now, LIMIT, socketBusy);
        now += SECOND;
        return stalled;
    }

    private boolean isOpen() {
        Http2Stream stream = connection.stream(1);
        return stream != null && stream.state().localSideOpen();
    }

    private ChannelHandlerContext context() {
        return channel.pipeline().context(handler);
    }

    private void receive(byte[] bytes) {
        channel.writeInbound(Unpooled.wrappedBuffer(bytes));
    }
}
