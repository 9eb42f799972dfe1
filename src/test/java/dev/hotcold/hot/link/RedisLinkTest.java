package dev.hotcold.hot.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.layout.ValuesReply;
import dev.hotcold.hot.link.LinkRig.Probe;
import dev.hotcold.hot.link.RedisHealth.Aspect;
import dev.hotcold.hot.link.RedisRequest.Kind;
import dev.hotcold.lookup.LookupObserver.Failure;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.ScriptedRedis;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.output.IntegerOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.lettuce.core.protocol.ProtocolKeyword;
import io.lettuce.core.protocol.RedisCommand;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** In which orders replies, deadlines and broken connections can come, and what becomes of a request then. */
class RedisLinkTest {

    private static final Duration INSTANT = Duration.ofNanos(1);

    private final LinkRig rig = new LinkRig();
    private final RedisLink link = rig.link;
    private final ScriptedRedis redis = rig.redis;
    private final ManualTime time = rig.time;

    private Optional<String> reason(Aspect aspect) {
        return link.health().of(aspect).reason();
    }

    @Test
    void enqueue_severalInATurn_leaveInOneWriteInTheirOrder() {
        link.enqueue(new Probe(Kind.FILL, "first"));
        link.enqueue(new Probe(Kind.READ, "second"));
        link.addSource(() -> link.enqueue(new Probe(Kind.READ, "by a source")));

        time.endTurn();

        assertThat(redis.writes()).isEqualTo(1);
        assertThat(redis.unanswered())
                .extracting(command -> ScriptedRedis.words(command).getLast())
                .containsExactly("first", "second", "by a source");
    }

    /** Whatever has asked: a Redis that is no longer the one to ask answers nothing any more. */
    @ParameterizedTest
    @EnumSource
    void errorOfAnotherServer_endsTheConnection(Kind kind) {
        Probe refused = rig.send(kind);
        Probe behind = rig.send(Kind.READ);

        redis.replyError("READONLY You can't write against a read only replica.");

        assertThat(redis.departures()).containsExactly("is a replica");
        assertThat(link.isUsable()).isFalse();
        assertThat(reason(Aspect.READS)).contains("is a replica");
        assertThat(refused.outcomes).hasSize(1);
        redis.connect();
        time.endTurn();
        redis.reply("on the next one");
        assertThat(behind.outcomes).containsExactly("on the next one");
    }

    @Test
    void errorOfAnotherServer_late_endsTheConnection() {
        rig.send(Kind.LEASE);
        time.pass(LinkRig.REPLY_TIME);

        redis.replyError("LOADING Redis is loading the dataset in memory");

        assertThat(redis.departures()).containsExactly("is still loading its data");
    }

    @Test
    void errorOfACommand_keepsTheConnection() {
        rig.send(Kind.LEASE);

        redis.replyError("OOM command not allowed");

        assertThat(redis.departures()).isEmpty();
        assertThat(link.isUsable()).isTrue();
    }

    @ParameterizedTest
    @EnumSource
    void reply_inTime_completesOnce(Kind kind) {
        Probe request = rig.send(kind);
        RedisCommand<byte[], byte[], ?> command = redis.take();

        ScriptedRedis.replyAll(command, "v");
        command.complete();
        command.cancel();
        time.pass(Duration.ofSeconds(1));

        assertThat(request.outcomes).containsExactly("v");
        assertThat(request.released).isEqualTo(1);
        assertThat(link.isReachable()).isTrue();
    }

    @Test
    void reply_error_failsAndDegradesUntilOneIsNone() {
        Probe request = rig.send(Kind.READ);

        redis.replyError("ERR no");

        assertThat(request.outcomes).containsExactly("ERROR_REPLY: replied with an error: ERR no");
        assertThat(reason(Aspect.READS)).hasValue("replied with an error: ERR no");
        rig.send(Kind.READ);
        redis.replyAll("v");
        assertThat(reason(Aspect.READS)).isEmpty();
    }

    @Test
    void deadline_ofARead_failsItAndStallsTheLinkUntilTheReply() {
        Probe request = rig.send(Kind.READ);
        RedisCommand<byte[], byte[], ?> command = redis.take();

        time.pass(LinkRig.REPLY_TIME);
        assertThat(request.outcomes).containsExactly("TIMEOUT: no reply in time");
        assertThat(request.released).isZero();
        assertThat(link.isReachable()).isFalse();
        assertThat(link.whyUnusable()).isEqualTo(Failure.TIMEOUT);
        assertThat(reason(Aspect.READS)).hasValue("no reply in time");
        ScriptedRedis.replyAll(command, "late");

        assertThat(request.outcomes).hasSize(1);
        assertThat(request.released).isEqualTo(1);
        assertThat(link.isReachable()).isTrue();
        assertThat(reason(Aspect.READS)).isEmpty();
    }

    @Test
    void deadline_justNotReached_changesNothing() {
        Probe request = rig.send(Kind.READ);

        time.pass(LinkRig.REPLY_TIME.minus(INSTANT));
        redis.replyAll("v");

        assertThat(request.outcomes).containsExactly("v");
    }

    @Test
    void deadline_ofAFill_saysNothingOfReads() {
        Probe request = rig.send(Kind.FILL);

        time.pass(LinkRig.FILL_TIME);

        assertThat(request.outcomes).containsExactly("TIMEOUT: no reply in time");
        assertThat(link.isUsable()).isTrue();
        assertThat(reason(Aspect.FILLS)).hasValue("no reply in time");
        assertThat(reason(Aspect.READS)).isEmpty();
    }

    @Test
    void broken_aRead_isSentAgainOnTheNextConnection() {
        Probe request = rig.send(Kind.READ);

        redis.disconnect();
        time.endTurn();
        assertThat(request.outcomes).isEmpty();
        redis.connect();
        time.endTurn();
        redis.replyAll("v");

        assertThat(request.outcomes).containsExactly("v");
        assertThat(request.released).isEqualTo(2);
    }

    @Test
    void broken_moreOftenThanItMayBeSentAgain_fails() {
        Probe request = rig.send(Kind.READ);

        redis.disconnect();
        redis.connect();
        time.endTurn();
        redis.disconnect();

        assertThat(request.outcomes).containsExactly("DISCONNECTED: the connection broke");
    }

    @Test
    void broken_deadlineBeforeTheNextConnection_failsAndIsNotSentAgain() {
        Probe request = rig.send(Kind.READ);

        redis.disconnect();
        time.pass(LinkRig.REPLY_TIME);
        redis.connect();
        time.endTurn();

        assertThat(request.outcomes).containsExactly("TIMEOUT: no reply in time");
        assertThat(redis.unanswered()).isEmpty();
        assertThat(link.isReachable()).isTrue();
    }

    @Test
    void broken_aFill_failsAtOnce() {
        Probe request = rig.send(Kind.FILL);

        redis.disconnect();

        assertThat(request.outcomes).containsExactly("DISCONNECTED: the connection broke");
        // As with reads: the connection says why, and not each request that was lost with it.
        assertThat(reason(Aspect.FILLS)).isEmpty();
        assertThat(reason(Aspect.READS)).isPresent();
    }

    @Test
    void broken_overdueRead_endsTheStall() {
        rig.send(Kind.READ);
        time.pass(LinkRig.REPLY_TIME);

        redis.disconnect();
        redis.connect();

        assertThat(link.isReachable()).isTrue();
    }

    @Test
    void stalled_forLong_isEndedByANewConnection() {
        Probe request = rig.send(Kind.READ);

        time.pass(Duration.ofSeconds(3));

        assertThat(redis.replacements()).isEqualTo(1);
        assertThat(link.isReachable()).isTrue();
        assertThat(request.released).isEqualTo(1);
    }

    private static SocketAddress server(int port) {
        return new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), port);
    }

    /** A Sentinel that is asked where it is may not know yet. */
    @Test
    void primaryIs_another_isConnectedToAgainUntilTheConnectionLeadsThere() {
        redis.leadTo(server(1));

        link.primaryIs(Set.of(server(2)));
        assertThat(redis.replacements()).isEqualTo(1);
        time.pass(Duration.ofSeconds(2));
        assertThat(redis.replacements()).isEqualTo(3);

        redis.leadTo(server(2));
        time.pass(Duration.ofSeconds(2));
        assertThat(redis.replacements()).isEqualTo(3);
    }

    @Test
    void primaryIs_theOneThatIsUsed_changesNothing() {
        redis.leadTo(server(1));

        link.primaryIs(Set.of(server(1)));
        time.pass(Duration.ofSeconds(2));

        assertThat(redis.replacements()).isZero();
    }

    /** The address may be one that leads there by another way. */
    @Test
    void primaryIs_neverReached_isGivenUp() {
        link.primaryIs(Set.of(server(2)));
        time.pass(Duration.ofSeconds(20));
        int before = redis.replacements();

        time.pass(Duration.ofSeconds(5));

        assertThat(redis.replacements()).isEqualTo(before);
    }

    @Test
    void idle_forLong_isReplaced() {
        time.pass(LinkRig.MAX_IDLE.minusSeconds(1));
        assertThat(redis.replacements()).isZero();

        time.pass(Duration.ofSeconds(2));

        assertThat(redis.replacements()).isEqualTo(1);
    }

    @Test
    void open_afterFailures_recovers() {
        redis.disconnect();
        assertThat(reason(Aspect.READS)).isPresent();
        assertThat(link.whyUnusable()).isEqualTo(Failure.DISCONNECTED);

        redis.connect();

        assertThat(reason(Aspect.READS)).isEmpty();
    }

    @Test
    void breaker_manyReadsFail_skipsRedis() {
        for (int i = 0; i < 5; i++) {
            rig.send(Kind.READ);
            redis.replyError("ERR no");
        }

        assertThat(link.isUsable()).isFalse();
        assertThat(link.isReachable()).isTrue();
        assertThat(link.whyUnusable()).isEqualTo(Failure.SKIPPED);
    }

    @Test
    void breaker_leasesRefused_staysClosed() {
        for (int i = 0; i < 20; i++) {
            rig.send(Kind.LEASE);
            redis.replyError("OOM command not allowed");
        }

        assertThat(link.isUsable()).isTrue();
        assertThat(reason(Aspect.LEASES)).isPresent();
    }

    @Test
    void breaker_leasesTimeOut_opens() {
        for (int i = 0; i < 5; i++) {
            rig.send(Kind.LEASE);
            time.pass(LinkRig.REPLY_TIME);
        }

        assertThat(link.isUsable()).isFalse();
    }

    @Test
    void source_throws_laterTurnsStillFlush() {
        List<RequestSource> once = new ArrayList<>(List.of(() -> {
            throw new IllegalStateException("a fault of the source");
        }));
        link.addSource(() -> {
            if (!once.isEmpty()) {
                once.removeFirst().enqueueDue();
            }
        });
        link.enqueue(new Probe(Kind.READ, "k"));
        org.assertj.core.api.Assertions.assertThatThrownBy(time::endTurn).hasMessage("a fault of the source");

        link.flushAtEndOfTurn();
        time.endTurn();

        assertThat(redis.unanswered()).hasSize(1);
    }

    /** A request that cannot be formed. */
    private static final class Unformed extends RedisRequest<ValuesReply> {

        private final List<String> outcomes = new ArrayList<>();
        private final boolean failsInReply;

        private Unformed(boolean failsInReply) {
            super(Kind.LEASE);
            this.failsInReply = failsInReply;
        }

        @Override
        protected ProtocolKeyword command() {
            return CommandType.MGET;
        }

        @Override
        protected CommandArgs<byte[], byte[]> arguments() {
            throw new IllegalStateException("a fault of the arguments");
        }

        @Override
        protected ValuesReply newReply() {
            if (failsInReply) {
                throw new IllegalStateException("a fault of the reply");
            }
            return new ValuesReply(1);
        }

        @Override
        protected void complete(ValuesReply reply) {
            outcomes.add("completed");
        }

        @Override
        protected void fail(Failure why, String reason) {
            outcomes.add(why + ": " + reason);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void request_cannotBeFormed_failsAndTheOthersOfTheTurnAreSent(boolean failsInReply) {
        Unformed unformed = new Unformed(failsInReply);
        Probe before = new Probe(Kind.READ, "before");
        Probe after = new Probe(Kind.READ, "after");
        link.enqueue(before);
        link.enqueue(unformed);
        link.enqueue(after);

        time.endTurn();
        redis.replyAll("v");
        redis.replyAll("w");
        time.pass(Duration.ofSeconds(1));

        assertThat(unformed.outcomes)
                .containsExactly(
                        "ERROR_REPLY: a request could not be formed: java.lang.IllegalStateException: a fault of the "
                                + (failsInReply ? "reply" : "arguments"));
        assertThat(before.outcomes).containsExactly("v");
        assertThat(after.outcomes).containsExactly("w");
    }

    @Test
    void connection_refusesToSend_failsWhatWasToBeSent() {
        redis.refuseToSend(new IllegalStateException("not open"));
        Probe request = new Probe(Kind.FILL, "k");
        link.enqueue(request);

        time.endTurn();

        assertThat(request.outcomes).containsExactly("DISCONNECTED: the connection broke");
    }

    @Test
    void reply_withLessThanWasAskedFor_failsAndDegrades() {
        Probe request = rig.send(Kind.READ);

        redis.replyAll();

        assertThat(request.outcomes)
                .containsExactly("ERROR_REPLY: replied with an error: MGET of 1 keys was answered by 0 values");
        assertThat(reason(Aspect.READS)).isPresent();
    }

    @Test
    void refused_aConnectionThatOpens_isNotEnoughToRecover() {
        redis.refuse("the connection was ended, because Redis sent what is no reply");

        redis.connect();

        assertThat(reason(Aspect.READS)).hasValue("the connection was ended, because Redis sent what is no reply");
        rig.send(Kind.READ);
        redis.replyAll("v");
        assertThat(reason(Aspect.READS)).isEmpty();
    }

    /** A script with one key. */
    private static final class Call extends ScriptRequest<IntegerOutput<byte[], byte[]>> {

        private final List<String> outcomes = new ArrayList<>();

        private Call() {
            super(Kind.FILL, Script.FILL);
        }

        @Override
        protected int keys() {
            return 1;
        }

        @Override
        protected void addTo(CommandArgs<byte[], byte[]> arguments) {
            arguments.add("key");
        }

        @Override
        protected IntegerOutput<byte[], byte[]> newReply() {
            return new IntegerOutput<>(ByteArrayCodec.INSTANCE);
        }

        @Override
        protected void complete(IntegerOutput<byte[], byte[]> reply) {
            outcomes.add(String.valueOf(reply.get()));
        }

        @Override
        protected void fail(Failure why, String reason) {
            outcomes.add(why + ": " + reason);
        }
    }

    @Test
    void script_unknownToRedis_isSentInFullOnce() {
        Call call = new Call();
        link.enqueue(call);
        time.endTurn();
        assertThat(ScriptedRedis.words(redis.unanswered().getFirst())).startsWith("EVALSHA", Script.FILL.digest());

        redis.replyError("NOSCRIPT No matching script");
        time.endTurn();
        assertThat(ScriptedRedis.words(redis.unanswered().getFirst())).startsWith("EVAL");
        redis.replyError("NOSCRIPT again");

        assertThat(call.outcomes).containsExactly("ERROR_REPLY: replied with an error: NOSCRIPT again");
    }

    @Test
    void script_sentInFull_completes() {
        Call call = new Call();
        link.enqueue(call);
        time.endTurn();

        redis.replyError("NOSCRIPT No matching script");
        time.endTurn();
        redis.replyNumber(7);

        assertThat(call.outcomes).containsExactly("7");
        assertThat(reason(Aspect.FILLS)).isEmpty();
    }
}
