package dev.hotcold.http.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.ManualTime;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two connections of one loop, whose tasks run when the test says so. */
@Timeout(
        value = 10,
        threadMode = Timeout.ThreadMode.SEPARATE_THREAD) // a budget that is never renewed keeps the loop busy
class FairReadsTest {

    private final ManualTime loop = new ManualTime();
    private final TurnBudget budget = new TurnBudget(loop);
    private final Reads reads = new Reads();
    private final Reads readsOfOther = new Reads();

    @AutoClose("finishAndReleaseAll")
    private final EmbeddedChannel channel = new EmbeddedChannel(reads, new FairReads(budget));

    @AutoClose("finishAndReleaseAll")
    private final EmbeddedChannel other = new EmbeddedChannel(readsOfOther, new FairReads(budget));

    private final int before = reads.count;
    private final int beforeOfOther = readsOfOther.count;

    @Test
    void read_withinTheBudget_isAtOnce() {
        receive(channel, TurnBudget.MAX_BYTES - 1);

        var _ = channel.pipeline().read();

        assertThat(reads.count).isEqualTo(before + 1);
    }

    @Test
    void read_budgetSpent_waitsUntilPendingTasksHaveRun() {
        receive(channel, TurnBudget.MAX_BYTES);
        int[] readsSeenByTask = {-1};
        loop.atEndOfTurn(() -> readsSeenByTask[0] = reads.count);

        var _ = channel.pipeline().read();
        assertThat(reads.count).isEqualTo(before);
        loop.endTurn();

        assertThat(readsSeenByTask[0]).isEqualTo(before);
        assertThat(reads.count).isEqualTo(before + 1);
    }

    @Test
    void read_budgetSpentByOthers_waitsToo() {
        for (int i = 0; i < TurnBudget.MAX_BYTES; i += 1024) {
            receive(channel, 1024);
        }

        var _ = other.pipeline().read();
        assertThat(readsOfOther.count).isEqualTo(beforeOfOther);
        loop.endTurn();

        assertThat(readsOfOther.count).isEqualTo(beforeOfOther + 1);
    }

    @Test
    void read_nextTurn_hasTheWholeBudgetAgain() {
        receive(channel, TurnBudget.MAX_BYTES);
        loop.endTurn();
        receive(channel, TurnBudget.MAX_BYTES - 1);

        var _ = channel.pipeline().read();

        assertThat(reads.count).isEqualTo(before + 1);
    }

    @Test
    void read_autoReadSwitchedOffWhileItWaits_isNotDone() {
        receive(channel, TurnBudget.MAX_BYTES);
        var _ = channel.pipeline().read();

        channel.config().setAutoRead(false);
        loop.endTurn();

        assertThat(reads.count).isEqualTo(before);
    }

    @Test
    void bytes_arePassedOn() {
        receive(channel, 10);

        assertThat(channel.inboundMessages()).hasSize(1);
    }

    @Test
    void bytes_readBeyondTheBudget_waitForALaterTurnInTheirOrder() {
        receive(channel, TurnBudget.MAX_BYTES);
        receive(other, 1);
        receive(channel, 2);
        receive(other, 3);
        loop.endTurn();
        assertThat(channel.inboundMessages()).hasSize(1);
        assertThat(other.inboundMessages()).isEmpty();

        loop.pass(Duration.ZERO);

        assertThat(channel.inboundMessages()).hasSize(2);
        assertThat(other.inboundMessages())
                .extracting(in -> ((ByteBuf) in).readableBytes())
                .containsExactly(1, 3);
    }

    @Test
    void bytes_thatHaveWaited_spendTheBudgetOfTheirTurn() {
        for (int i = 0; i < 3; i++) {
            receive(channel, TurnBudget.MAX_BYTES);
            channel.config().setAutoRead(true);
            receive(other, TurnBudget.MAX_BYTES);
            other.config().setAutoRead(true);
        }
        assertThat(channel.inboundMessages()).hasSize(1);

        List<Integer> ofOther = new ArrayList<>();
        loop.atEndOfTurn(() -> ofOther.add(other.inboundMessages().size()));
        loop.pass(Duration.ZERO);

        assertThat(ofOther).containsExactly(0);
        assertThat(other.inboundMessages()).hasSize(3);
        assertThat(channel.inboundMessages()).hasSize(3);
    }

    @Test
    void bytes_passedOnInPieces_stopWhenThoseBehindHaveSpentTheBudget() {
        List<Integer> pieces = new ArrayList<>();
        var inPieces = new EmbeddedChannel(new FairReads(budget, 100), new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                pieces.add(((ByteBuf) message).readableBytes());
                ReferenceCountUtil.release(message);
                budget.spend(TurnBudget.MAX_BYTES / 2);
            }
        });
        ByteBuf bytes = Unpooled.buffer().writeZero(350);

        inPieces.pipeline().fireChannelRead(bytes);
        assertThat(pieces).containsExactly(100, 100);
        assertThat(inPieces.config().isAutoRead())
                .as("nothing more is read while pieces wait")
                .isFalse();
        loop.pass(Duration.ZERO);
        loop.pass(Duration.ZERO);

        assertThat(pieces).containsExactly(100, 100, 100, 50);
        assertThat(inPieces.config().isAutoRead()).isTrue();
        assertThat(bytes.refCnt()).isZero();
        inPieces.finishAndReleaseAll();
    }

    @Test
    void read_whileBytesWait_isDoneWhenTheyHaveBeenPassedOn() {
        receive(other, TurnBudget.MAX_BYTES);
        receive(channel, 1);
        loop.endTurn();
        var _ = channel.pipeline().read();
        assertThat(reads.count).isEqualTo(before);

        loop.pass(Duration.ZERO);

        assertThat(reads.count).isEqualTo(before + 1);
    }

    @Test
    void read_autoReadSwitchedOnWhileBytesWait_isDoneWhenTheyHaveBeenPassedOn() {
        receive(other, TurnBudget.MAX_BYTES);
        receive(channel, 1);
        loop.endTurn();

        // As the fast path does, when the response to an earlier request is written.
        channel.config().setAutoRead(true);
        assertThat(reads.count).isEqualTo(before);
        loop.pass(Duration.ZERO);

        assertThat(channel.inboundMessages()).hasSize(1);
        assertThat(reads.count).isEqualTo(before + 1);
    }

    @Test
    void reading_channelNotWritable_isSwitchedOnWhenItIs() {
        receive(other, TurnBudget.MAX_BYTES);
        receive(channel, 1);
        setWritable(false);
        loop.pass(Duration.ZERO);
        assertThat(channel.inboundMessages()).hasSize(1);
        assertThat(channel.config().isAutoRead()).isFalse();

        setWritable(true);

        assertThat(channel.config().isAutoRead()).isTrue();
    }

    /** On a client that has closed its side, the transport reads all that has arrived, whatever auto-read says. */
    @Test
    void bytes_thatKeepComingWithAutoReadOff_endTheConnection() {
        receive(other, TurnBudget.MAX_BYTES);
        for (int i = 0; i < 4; i++) {
            receive(channel, 8 << 10);
            assertThat(channel.isOpen()).isTrue();
        }

        ByteBuf more = Unpooled.buffer().writeByte(1);
        channel.pipeline().fireChannelRead(more);

        assertThat(channel.isOpen()).isFalse();
        assertThat(more.refCnt()).isZero();
        loop.pass(Duration.ZERO);
        assertThat(channel.inboundMessages()).isEmpty();
    }

    @Test
    void bytes_ofAConnectionThatCloses_areReleased() {
        ByteBuf bytes = Unpooled.buffer().writeByte(1);
        receive(other, TurnBudget.MAX_BYTES);
        channel.pipeline().fireChannelRead(bytes);

        var _ = channel.close();
        loop.pass(Duration.ZERO);

        assertThat(bytes.refCnt()).isZero();
        assertThat(channel.inboundMessages()).isEmpty();
    }

    private void setWritable(boolean writable) {
        channel.unsafe().outboundBuffer().setUserDefinedWritability(1, writable);
        channel.runPendingTasks();
    }

    /** Unlike the channel's own method, causes no read. */
    private static void receive(EmbeddedChannel channel, int bytes) {
        channel.pipeline().fireChannelRead(Unpooled.wrappedBuffer(new byte[bytes]));
    }

    /** Counts the reads from the socket. */
    private static final class Reads extends ChannelOutboundHandlerAdapter {

        private int count;

        @Override
        public void read(ChannelHandlerContext context) {
            count++;
        }
    }
}
