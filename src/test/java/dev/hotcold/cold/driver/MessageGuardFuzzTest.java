package dev.hotcold.cold.driver;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.hotcold.cold.trust.PostgresTrust.ChannelBinding;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import java.util.ArrayList;
import java.util.List;

/**
 * Whatever bytes come from PostgreSQL, from the login on: the guard refuses or passes on, wherever the network cuts them, and
 * what it passes on is a beginning of what was sent, but for what belongs to SCRAM.
 */
class MessageGuardFuzzTest {

    /** @param passedOn in hexadecimal digits */
    private record Outcome(List<String> refusals, String passedOn) {}

    @FuzzTest
    void read_anyBytes_areRefusedOrPassedOn(byte[] sent) {
        Outcome whole = outcome(sent, Math.max(1, sent.length));
        Outcome pieces = outcome(sent, 3);

        assertThat(pieces.refusals()).isEqualTo(whole.refusals());
        assertThat(whole.refusals()).hasSizeLessThanOrEqualTo(1);
        assertThat(whole.passedOn().length()).isLessThanOrEqualTo(2 * sent.length);
        if (whole.refusals().isEmpty()) {
            assertThat(pieces.passedOn()).isEqualTo(whole.passedOn());
        }
    }

    private static Outcome outcome(byte[] sent, int piece) {
        List<String> refusals = new ArrayList<>();
        MessageGuard guard = new MessageGuard(
                new ScramLogin("user", "password", ChannelBinding.PREFER),
                Runnable::run,
                refusal -> refusals.add(String.valueOf(refusal.getMessage())));
        EmbeddedChannel channel = new EmbeddedChannel(guard);
        for (int at = 0; at < sent.length && channel.isActive(); at += piece) {
            try {
                channel.writeInbound(Unpooled.wrappedBuffer(sent, at, Math.min(piece, sent.length - at)));
            } catch (Throwable refused) {
                assertThat(refused).isInstanceOf(PgRefusal.class);
            }
        }
        ByteBuf passedOn = Unpooled.buffer();
        for (ByteBuf next = channel.readInbound(); next != null; next = channel.readInbound()) {
            passedOn.writeBytes(next);
            next.release();
        }
        return new Outcome(refusals, ByteBufUtil.hexDump(passedOn));
    }
}
