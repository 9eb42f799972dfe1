package dev.hotcold.hot.batch;

import static dev.hotcold.hot.batch.BatchRig.id;
import static dev.hotcold.hot.batch.BatchRig.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.hot.layout.Lifetimes;
import dev.hotcold.hot.layout.SoftTtl;
import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.LeaseToken;
import dev.hotcold.loop.AnswerSizes;
import dev.hotcold.loop.Completion;
import dev.hotcold.testkit.ScriptedRedis;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Whatever a loop sends is about keys with the prefix, and what Redis says of them reaches the log without ids. */
class KeyPrefixTest {

    private final BatchRig rig = new BatchRig("a:");
    private final SoftTtl softTtl = new SoftTtl(rig.time, Duration.ZERO, () -> true);
    private final MissRatio misses = new MissRatio();

    private static final class Outcome implements Completion<HotRead> {

        private final List<Object> heard = new ArrayList<>();

        @Override
        public void complete(HotRead read) {
            heard.add(read);
        }

        @Override
        public void fail(Throwable cause) {
            heard.add(String.valueOf(cause.getMessage()));
        }
    }

    private Reads reads() {
        Reads reads = new Reads(
                rig.link,
                rig.time,
                rig.observer,
                misses,
                softTtl,
                (id, user) -> {},
                new Reads.Bounds(1, Duration.ofMillis(30)));
        rig.link.addSource(reads);
        return reads;
    }

    @Test
    void read_users_areReadUnderTheirKeys() {
        Outcome outcome = new Outcome();
        Reads reads = reads();
        reads.read(id("alice"), outcome);
        reads.read(id("a-user-of-20-letters"), new Outcome());

        rig.time.endTurn();
        assertThat(rig.sent()).containsExactly("MGET", "a:user:alice", "a:user:a-user-of-20-letters");
        rig.redis.replyAll(value("alice"), null);
        assertThat(outcome.heard).hasExactlyElementsOfTypes(HotRead.Hit.class);
    }

    @Test
    void read_errorReply_isRepeatedWithoutTheId() {
        reads().read(id("alice"), new Outcome());

        rig.time.endTurn();
        rig.redis.replyError("NOPERM alice may not read a:user:alice");

        assertThat(rig.link.health().all())
                .anySatisfy(health -> assertThat(health.reason())
                        .hasValueSatisfying(
                                reason -> assertThat(reason).contains("NOPERM").doesNotContain("alice")));
    }

    @Test
    void fill_userAndAbsence_areStoredUnderTheirKeys() {
        Fills fills = new Fills(rig.link, rig.time, rig.observer);
        rig.link.addSource(fills);
        LeaseToken token = new LeaseToken("token");
        fills.fill(id("alice"), token, new Lifetimes.Stored("{a}".getBytes(StandardCharsets.UTF_8), 5000));
        fills.fillAbsent(id("bob"), token, Duration.ofSeconds(1));

        rig.time.endTurn();
        assertThat(rig.redis.unanswered())
                .extracting(command -> ScriptedRedis.words(command).stream()
                        .filter(word -> word.contains("user:"))
                        .toList())
                .containsExactlyInAnyOrder(
                        List.of("a:user:bob", "a:lease:{a:user:bob}", "a:absent:{a:user:bob}"),
                        List.of("a:user:alice", "a:lease:{a:user:alice}"));
    }

    @Test
    void lease_user_isAskedForUnderItsKeys() {
        Leases leases = new Leases(
                rig.link,
                rig.time,
                rig.observer,
                misses,
                Duration.ofMillis(300),
                softTtl,
                new AnswerSizes(512, 1 << 20));
        rig.link.addSource(leases);
        var _ = leases.ask(id("alice"), rig.time.nanos() + 1);

        rig.time.endTurn();
        assertThat(rig.sent()).contains("3", "a:user:alice", "a:lease:{a:user:alice}", "a:absent:{a:user:alice}");
    }
}
