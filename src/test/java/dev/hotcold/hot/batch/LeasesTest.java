package dev.hotcold.hot.batch;

import static dev.hotcold.hot.batch.BatchRig.id;
import static dev.hotcold.hot.batch.BatchRig.user;
import static dev.hotcold.hot.batch.BatchRig.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.hot.layout.LeaseReply;
import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.layout.SoftTtl;
import dev.hotcold.hot.link.RedisHealth.Aspect;
import dev.hotcold.lookup.LeaseOutcome;
import dev.hotcold.loop.AnswerSizes;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.ScriptedRedis;
import io.lettuce.core.protocol.RedisCommand;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LeasesTest {

    private static final Duration HORIZON = Duration.ofMillis(40);
    private static final int LEASE_MILLIS = 300;

    private final BatchRig rig = new BatchRig();
    private final ScriptedRedis redis = rig.redis;
    private final ManualTime time = rig.time;
    private final MissRatio misses = new MissRatio();
    private boolean isYoungEnough = true;
    private final Leases leases = new Leases(
            rig.link,
            time,
            rig.observer,
            misses,
            Duration.ofMillis(LEASE_MILLIS),
            new SoftTtl(time, HORIZON.dividedBy(10), () -> isYoungEnough),
            new AnswerSizes(512, 1 << 20));

    @BeforeEach
    void add() {
        rig.link.addSource(leases);
    }

    private Future<LeaseOutcome> ask(String name) {
        return leases.ask(id(name), time.nanos() + Duration.ofMillis(150).toNanos());
    }

    private static String token(Future<LeaseOutcome> outcome) {
        return ((LeaseOutcome.Granted) outcome.result()).token().value();
    }

    @Test
    void ask_inOneTurn_isOneScriptAndEachGetsItsOwnAnswer() {
        Future<LeaseOutcome> granted = ask("alice");
        Future<LeaseOutcome> filled = ask("bob");
        Future<LeaseOutcome> absent = ask("carol");
        Future<LeaseOutcome> forbidden = ask("dave");

        time.endTurn();
        assertThat(rig.sent())
                .startsWith("EVALSHA", Script.LEASE.digest(), "12", "user:alice", "lease:{user:alice}")
                .endsWith(Integer.toString(LEASE_MILLIS), Long.toString(time.epochMillis()));
        redis.replyAll(LeaseReply.GRANTED, value("bob"), LeaseReply.KNOWN_ABSENT, LeaseReply.FORBIDDEN);

        assertThat(granted.result()).isInstanceOf(LeaseOutcome.Granted.class);
        assertThat(filled.result()).isEqualTo(new LeaseOutcome.Filled(user("bob")));
        assertThat(absent.result()).isEqualTo(LeaseOutcome.Other.KNOWN_ABSENT);
        assertThat(forbidden.result()).isEqualTo(LeaseOutcome.Other.DENIED);
    }

    @Test
    void ask_granted_holdsTheTokenThatWasSentAndNoOther() {
        Future<LeaseOutcome> first = ask("alice");
        time.endTurn();
        List<String> firstWords = rig.sent();
        redis.replyAll(LeaseReply.GRANTED);
        Future<LeaseOutcome> second = ask("alice");
        time.endTurn();
        redis.replyAll(LeaseReply.GRANTED);

        assertThat(firstWords).contains(token(first));
        assertThat(token(second)).isNotEqualTo(token(first));
    }

    @Test
    void ask_held_isRepeatedAfterGrowingPausesUntilItIsFilled() {
        Future<LeaseOutcome> outcome = ask("alice");
        time.endTurn();

        for (int pause : new int[] {1, 2, 4, 8}) {
            redis.replyAll(LeaseReply.HELD);
            time.pass(Duration.ofMillis(pause).minusNanos(1));
            assertThat(redis.unanswered()).isEmpty();
            time.pass(Duration.ofNanos(1));
            assertThat(redis.unanswered()).hasSize(1);
        }
        redis.replyAll(value("alice"));

        assertThat(outcome.result()).isEqualTo(new LeaseOutcome.Filled(user("alice")));
    }

    @Test
    void ask_heldUntilTheDeadline_isDeniedBefore() {
        long begunAt = time.nanos();
        Future<LeaseOutcome> outcome = ask("alice");
        time.endTurn();

        for (int attempt = 0; attempt < 50 && !outcome.isComplete(); attempt++) {
            redis.replyAll(LeaseReply.HELD);
            time.pass(Duration.ofMillis(32));
        }

        assertThat(outcome.result()).isEqualTo(LeaseOutcome.Other.DENIED);
        assertThat(Duration.ofNanos(time.nanos() - begunAt)).isLessThan(Duration.ofMillis(220));
        assertThat(redis.unanswered()).isEmpty();
    }

    @Test
    void ask_damagedValue_isAskedForAgainAsDamaged() {
        ask("alice");
        Future<LeaseOutcome> bob = ask("bob");
        time.endTurn();
        redis.replyAll(LeaseReply.GRANTED, "{damaged");
        ask("carol");

        time.endTurn();
        assertThat(rig.sent()).endsWith(Long.toString(time.epochMillis()), "1");
        redis.replyAll(LeaseReply.GRANTED, LeaseReply.GRANTED);

        assertThat(bob.result()).isInstanceOf(LeaseOutcome.Granted.class);
        assertThat(rig.observed).contains("value rejected");
    }

    /** As a script never does: it was told that the value is damaged. */
    @Test
    void ask_damagedValueOnceMore_failsAndIsNotRepeated() {
        Future<LeaseOutcome> alice = ask("alice");
        time.endTurn();
        redis.replyAll("{damaged");
        time.endTurn();

        redis.replyAll("{damaged");
        time.endTurn();

        assertThat(alice.cause()).hasMessage("Redis: ERROR_REPLY");
        assertThat(redis.unanswered()).isEmpty();
        assertThat(rig.link.health().of(Aspect.LEASES).reason())
                .hasValue("replied with what is no answer: the lease script was answered by a value that it was told is"
                        + " damaged");
    }

    @Test
    void ask_damagedValueAfterTheDeadline_isDenied() {
        Future<LeaseOutcome> alice = leases.ask(id("alice"), time.nanos());
        time.endTurn();

        redis.replyAll("{damaged");
        time.endTurn();

        assertThat(alice.result()).isEqualTo(LeaseOutcome.Other.DENIED);
        assertThat(redis.unanswered()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(longs = {2, -3, Long.MIN_VALUE, Long.MAX_VALUE})
    void ask_answeredByAnUnknownNumber_fails(long answer) {
        Future<LeaseOutcome> alice = ask("alice");
        time.endTurn();

        redis.replyAll(answer);

        assertThat(alice.cause()).hasMessage("Redis: ERROR_REPLY");
    }

    @Test
    void ask_answeredByFewerThanAnnounced_fails() {
        Future<LeaseOutcome> alice = ask("alice");
        time.endTurn();
        RedisCommand<byte[], byte[], ?> command = redis.take();

        Objects.requireNonNull(command.getOutput()).multi(1);
        command.complete();

        assertThat(alice.cause()).hasMessage("Redis: ERROR_REPLY");
    }

    @Test
    void askAhead_countsWhatEndsSoonAsNothingAndDoesNotWait() {
        Future<LeaseOutcome> outcome = leases.askAhead(id("alice"));

        time.endTurn();
        assertThat(rig.sent()).endsWith(Long.toString(time.epochMillis() + HORIZON.toMillis()));
        redis.replyAll(LeaseReply.HELD);

        assertThat(outcome.result()).isEqualTo(LeaseOutcome.Other.DENIED);
        time.pass(Duration.ofSeconds(1));
        assertThat(redis.unanswered()).isEmpty();
    }

    @Test
    void seize_isAScriptOfItsOwn() {
        Future<LeaseOutcome> outcome = leases.seize(id("alice"));

        time.endTurn();
        assertThat(rig.sent())
                .startsWith("EVALSHA", Script.SEIZE.digest(), "3")
                .endsWith(Integer.toString(LEASE_MILLIS));
        redis.replyAll(LeaseReply.GRANTED);

        assertThat(outcome.result()).isInstanceOf(LeaseOutcome.Granted.class);
    }

    @Test
    void ask_moreThanABatchHolds_isSplitUnderDifferentTokens() {
        List<Future<LeaseOutcome>> outcomes =
                IntStream.range(0, 300).mapToObj(number -> ask("u" + number)).toList();

        time.endTurn();
        assertThat(redis.unanswered()).hasSize(2);
        redis.replyAll(IntStream.range(0, 256).mapToObj(i -> LeaseReply.GRANTED).toArray());
        redis.replyAll(IntStream.range(0, 44).mapToObj(i -> LeaseReply.GRANTED).toArray());

        assertThat(outcomes.stream().map(LeasesTest::token).distinct()).hasSize(2);
    }

    @Test
    void ask_noReply_failsAll() {
        Future<LeaseOutcome> alice = ask("alice");
        Future<LeaseOutcome> bob = ask("bob");

        time.endTurn();
        time.pass(BatchRig.REPLY_TIME);

        assertThat(alice.cause()).hasMessage("Redis: TIMEOUT");
        assertThat(bob.cause()).hasMessage("Redis: TIMEOUT");
        assertThat(rig.observed).containsExactly("2 leases failed: TIMEOUT");
    }

    @Test
    void misses_afterAFailure_areNoLongerExpected() {
        for (int i = 0; i < 1000; i++) {
            misses.add(true);
        }
        assertThat(misses.areExpected()).isTrue();
        ask("alice");
        time.endTurn();

        redis.replyError("OOM");

        assertThat(misses.areExpected()).isFalse();
    }
}
