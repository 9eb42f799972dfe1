package dev.hotcold.hot.connection;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import dev.hotcold.hot.layout.CachedUser;
import dev.hotcold.hot.layout.CachedUserCodec;
import dev.hotcold.hot.layout.LeaseReply;
import dev.hotcold.hot.layout.ValuesReply;
import dev.hotcold.loop.AnswersInMemory;
import dev.hotcold.user.UserId;
import io.lettuce.core.output.CommandOutput;
import io.lettuce.core.protocol.RedisStateMachine;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Whatever bytes come from Redis: they are refused or not wherever the network cuts them; and what is not refused, Lettuce
 * decodes within bounded memory into no user but the one that was asked for.
 */
class ReplyFramingFuzzTest {

    private static final ReplyLimits LIMITS =
            new ReplyLimits(64, 1000, 2000, 50, 4, new PushAllowance.Limits(100, 100, 5));
    private static final List<UserId> IDS = List.of((UserId) UserId.parse("alice"), (UserId) UserId.parse("bob"));

    @FuzzTest
    void read_anyBytes_areRefusedOrNoOtherUser(byte[] sent) {
        @Nullable String whole = refusal(sent, sent.length);
        assertThat(refusal(sent, 1)).isEqualTo(whole);
        assertThat(refusal(sent, 7)).isEqualTo(whole);
        if (whole == null) {
            ValuesReply values = new ValuesReply(IDS.size());
            decode(sent, values);
            LeaseReply leases = new LeaseReply(IDS.size());
            decode(sent, leases);
            for (int i = 0; i < IDS.size(); i++) {
                assertNoOther(IDS.get(i), values.value(i));
                assertNoOther(IDS.get(i), leases.value(i));
            }
        }
    }

    private static @Nullable String refusal(byte[] sent, int piece) {
        ReplyFraming framing = new ReplyFraming(LIMITS, new AnswersInMemory(Long.MAX_VALUE).share());
        framing.asked(2);
        String refusal = null;
        for (int at = 0; at < sent.length && refusal == null; at += piece) {
            ByteBuf next = Unpooled.wrappedBuffer(sent, at, Math.min(piece, sent.length - at));
            refusal = framing.read(next, 0);
            assertThat(next.readerIndex()).isZero();
        }
        return refusal;
    }

    private static void decode(byte[] sent, CommandOutput<byte[], byte[], ?> reply) {
        try {
            new RedisStateMachine().decode(Unpooled.wrappedBuffer(sent), reply);
        } catch (RuntimeException notRead) {
            // Lettuce ends the connection then.
            return;
        }
    }

    private static void assertNoOther(UserId id, byte @Nullable [] value) {
        CachedUser cached = value == null ? null : CachedUserCodec.read(id, value);
        if (cached != null) {
            assertThat(new String(cached.user().toObject(), StandardCharsets.UTF_8))
                    .startsWith("{\"user_id\":\"" + id.value() + "\",");
        }
    }
}
