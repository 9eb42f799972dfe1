package dev.hotcold.http.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** On a channel whose writability events arrive late, as they do under TLS. */
final class WriteBackpressureTest {

    /** The bit of the writability that the test sets. */
    private static final int BIT = 1;

    private final Reads reads = new Reads();

    @AutoClose("finishAndReleaseAll")
    private final EmbeddedChannel channel = new EmbeddedChannel(reads, new WriteBackpressure());

    private final int before = reads.count;

    @Test
    void unwritable_isNotReadFrom() {
        writable(false);

        read();
        channel.runPendingTasks();
        read();

        assertThat(reads.count).isEqualTo(before);
    }

    @Test
    void writableAgain_isReadFrom() {
        writable(false);
        channel.runPendingTasks();
        read();

        writable(true);
        channel.runPendingTasks();

        assertThat(reads.count).isGreaterThan(before);
        assertThat(channel.config().isAutoRead()).isTrue();
    }

    @Test
    void writableAgain_beforeTheEventOfUnwritable_isReadFrom() {
        writable(false);
        read();

        writable(true);
        channel.runPendingTasks();

        assertThat(reads.count).isGreaterThan(before);
        assertThat(channel.config().isAutoRead()).isTrue();
    }

    /** Unlike the channel's own, runs no tasks. */
    private void read() {
        var _ = channel.pipeline().read();
    }

    private void writable(boolean is) {
        channel.unsafe().outboundBuffer().setUserDefinedWritability(BIT, is);
    }

    /** How often the channel was to be read from. */
    private static final class Reads extends ChannelOutboundHandlerAdapter {

        private int count;

        @Override
        public void read(ChannelHandlerContext context) {
            count++;
            context.read();
        }
    }
}
