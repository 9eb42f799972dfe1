package dev.hotcold.http.budget;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.ManualTime;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** Two clients of one loop, of which one takes nothing. */
class UnreadResponsesTest {

    private static final int MAX = 1 << 20;

    /** What may lie unread of all, and of one client. */
    private static final int OF_ALL = MAX / 4;

    private static final int OF_ONE = OF_ALL / 4;

    private final ManualTime loop = new ManualTime();
    private final AtomicInteger refused = new AtomicInteger();
    private final UnreadBudget budget = new UnreadBudget(loop, MAX, refused::incrementAndGet);

    @AutoClose("finishAndReleaseAll")
    private final EmbeddedChannel channel = new EmbeddedChannel();

    @AutoClose("finishAndReleaseAll")
    private final EmbeddedChannel otherChannel = new EmbeddedChannel();

    private final UnreadResponses unread = UnreadResponses.install(channel, budget, new TurnBudget(loop));
    private final UnreadResponses other = UnreadResponses.install(otherChannel, budget, new TurnBudget(loop));

    @Test
    void firstResponse_ofAnySizeWithinTheBudget_hasRoom() {
        assertThat(unread.hasRoomFor(OF_ALL * 2)).isTrue();
    }

    @Test
    void response_beyondTheShareOfOneClient_hasNone() {
        unread.charge(OF_ONE - 100);

        assertThat(unread.hasRoomFor(100)).isTrue();
        assertThat(unread.hasRoomFor(101)).isFalse();
    }

    @Test
    void response_othersLeaveTooMuchUnread_hasRoomWhereLittleIsUnread() {
        for (int i = 0; i < 4; i++) {
            another().charge(OF_ONE);
        }
        other.charge(UnreadResponses.ON_ITS_WAY);
        unread.charge(1000);

        assertThat(other.hasRoomFor(1)).as("more than on its way").isFalse();
        assertThat(unread.hasRoomFor(1000)).as("on its way").isTrue();
    }

    @Test
    void response_wholeBudgetSpent_hasNoRoom() {
        for (int i = 0; i < 16; i++) {
            another().charge(OF_ONE);
        }

        assertThat(unread.hasRoomFor(1)).isFalse();
    }

    @Test
    void bytes_inTheQueueOfTheSocket_areCountedUntilTaken() {
        var _ = channel.write(Unpooled.wrappedBuffer(new byte[5000]));
        unread.refresh();
        assertThat(budget.kept()).isGreaterThanOrEqualTo(5000);

        channel.flush();
        unread.refresh();

        assertThat(budget.kept()).isZero();
    }

    @Test
    void close_releasesAll() {
        unread.charge(5000);
        unread.chargeStreams(UnreadStreams.STREAM_BYTES);
        other.charge(70);

        var _ = channel.close();
        unread.charge(-5000);

        assertThat(budget.kept()).isEqualTo(70);
    }

    @Test
    void stream_beyondTheShareOfStreams_mayNotBeginUnlessTheClientHasFew() {
        for (int i = 0; i < 4; i++) {
            another().chargeStreams(MAX / 2 / 4);
        }
        other.chargeStreams((UnreadResponses.FEW_STREAMS + 1) * UnreadStreams.STREAM_BYTES);
        unread.chargeStreams(UnreadStreams.STREAM_BYTES);

        assertThat(other.mayBegin()).isFalse();
        assertThat(unread.mayBegin()).isTrue();
    }

    @Test
    void refuse_isCounted() {
        unread.refuse();

        assertThat(refused).hasValue(1);
    }

    private UnreadResponses another() {
        return UnreadResponses.install(new EmbeddedChannel(), budget, new TurnBudget(loop));
    }
}
