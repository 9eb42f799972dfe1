package dev.hotcold.hot.batch;

import static dev.hotcold.hot.batch.BatchRig.id;
import static dev.hotcold.hot.batch.BatchRig.user;
import static dev.hotcold.hot.batch.BatchRig.value;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.hot.layout.SoftTtl;
import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.StaleUser;
import dev.hotcold.loop.Completion;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.ScriptedRedis;
import dev.hotcold.user.UserId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ReadsTest {

    private static final int MAX_IN_FLIGHT = 2;
    private static final Duration QUEUE_TIME = Duration.ofMillis(30);

    private final BatchRig rig = new BatchRig();
    private final ScriptedRedis redis = rig.redis;
    private final ManualTime time = rig.time;
    private final MissRatio misses = new MissRatio();
    private final List<UserId> found = new ArrayList<>();
    private final Reads reads = new Reads(
            rig.link,
            time,
            rig.observer,
            misses,
            new SoftTtl(time, Duration.ZERO, () -> true),
            (id, user) -> found.add(id),
            new Reads.Bounds(MAX_IN_FLIGHT, QUEUE_TIME));

    @BeforeEach
    void add() {
        rig.link.addSource(reads);
    }

    /** What a read was told. */
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

    private Outcome read(String name) {
        Outcome outcome = new Outcome();
        reads.read(id(name), outcome);
        return outcome;
    }

    @Test
    void read_inOneTurn_isOneMgetAndEachGetsItsOwn() {
        Outcome alice = read("alice");
        Outcome bob = read("bob");
        Outcome carol = read("carol");

        time.endTurn();
        assertThat(rig.sent()).containsExactly("MGET", "user:alice", "user:bob", "user:carol");
        redis.replyAll(value("alice"), null, value("carol"));

        assertThat(alice.heard).containsExactly(new HotRead.Hit(user("alice"), false));
        assertThat(bob.heard).containsExactly(HotRead.Miss.MISS);
        assertThat(carol.heard).containsExactly(new HotRead.Hit(user("carol"), false));
        assertThat(found).containsExactly(id("alice"), id("carol"));
    }

    @Test
    void read_anotherUsersValue_isAMissAndRejected() {
        Outcome alice = read("alice");

        time.endTurn();
        redis.replyAll(value("bob"));

        assertThat(alice.heard).containsExactly(HotRead.Miss.MISS);
        assertThat(rig.observed).containsExactly("value rejected");
        assertThat(found).isEmpty();
    }

    @Test
    void read_beyondItsSoftTtl_isStale() {
        Outcome alice = read("alice");
        long until = time.epochMillis() - 5;

        time.endTurn();
        redis.replyAll("{" + user("alice") + ",\"fresh_until\":" + until + "}");

        assertThat(alice.heard).containsExactly(new StaleUser(user("alice"), Duration.ofMillis(5)));
    }

    @Test
    void read_replyOfAnotherLength_fails() {
        Outcome alice = read("alice");

        time.endTurn();
        redis.replyAll(value("alice"), value("bob"));

        assertThat(alice.heard).containsExactly("Redis: ERROR_REPLY");
    }

    @Test
    void read_moreThanABatchHolds_isSplit() {
        List<Outcome> outcomes =
                IntStream.range(0, 600).mapToObj(number -> read("u" + number)).toList();

        time.endTurn();
        assertThat(redis.unanswered()).hasSize(2);
        redis.replyAll(new Object[512]);
        redis.replyAll(new Object[88]);

        assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome.heard).containsExactly(HotRead.Miss.MISS));
    }

    @Test
    void read_valuesWereLong_travelInFewerToAnMget() {
        read("long");
        time.endTurn();
        redis.replyAll("x".repeat(32 << 20));

        IntStream.range(0, MAX_IN_FLIGHT).forEach(number -> read("u" + number));
        time.endTurn();

        assertThat(redis.unanswered())
                .hasSize(MAX_IN_FLIGHT)
                .allSatisfy(command -> assertThat(ScriptedRedis.words(command)).hasSize(2));
    }

    /** As by a reply that is longer than the service takes. */
    @Test
    void read_batchBrokeItsConnection_theNextOnesAreSmallerUntilOneIsAnswered() {
        List<Outcome> outcomes =
                IntStream.range(0, 8).mapToObj(number -> read("u" + number)).toList();
        time.endTurn();
        for (int i = 0; i < 5 && outcomes.getFirst().heard.isEmpty(); i++) {
            redis.disconnect();
            redis.connect();
            time.endTurn();
        }
        assertThat(outcomes).allSatisfy(outcome -> assertThat(outcome.heard).containsExactly("Redis: DISCONNECTED"));

        IntStream.range(0, 4).forEach(number -> read("v" + number));
        time.endTurn();
        assertThat(rig.sent()).hasSize(1 + 4);
        redis.replyAll(new Object[4]);
        IntStream.range(0, 8).forEach(number -> read("w" + number));
        time.endTurn();
        assertThat(rig.sent()).hasSize(1 + 8);
    }

    @Test
    void read_whileAsManyAreInFlight_waitsAndGoesWithTheNextBatch() {
        read("a");
        time.endTurn();
        read("b");
        time.endTurn();
        Outcome carol = read("carol");
        time.endTurn();
        Outcome dave = read("dave");
        time.endTurn();
        assertThat(redis.unanswered()).hasSize(MAX_IN_FLIGHT);

        redis.replyAll((Object) null);
        time.endTurn();
        redis.replyAll((Object) null);
        assertThat(rig.sent()).containsExactly("MGET", "user:carol", "user:dave");
        redis.replyAll(new Object[2]);

        assertThat(carol.heard).containsExactly(HotRead.Miss.MISS);
        assertThat(dave.heard).containsExactly(HotRead.Miss.MISS);
    }

    @Test
    void read_waitsTooLong_failsAndIsNotSentLater() {
        read("a");
        time.endTurn();
        read("b");
        time.endTurn();
        Outcome carol = read("carol");
        time.endTurn();

        time.pass(QUEUE_TIME);
        assertThat(carol.heard).containsExactly("Redis: OVERLOADED");
        redis.replyAll((Object) null);
        time.endTurn();

        assertThat(redis.unanswered()).hasSize(1);
        assertThat(carol.heard).hasSize(1);
        assertThat(rig.observed).containsExactly("1 reads failed: OVERLOADED");
    }

    @Test
    void read_noReply_failsAllOfTheBatchOnceAndHoldsItsPlaceUntilTheReply() {
        Outcome alice = read("alice");
        Outcome bob = read("bob");
        time.endTurn();
        var late = redis.take();

        time.pass(BatchRig.REPLY_TIME);
        ScriptedRedis.replyAll(late, value("alice"), value("bob"));

        assertThat(alice.heard).containsExactly("Redis: TIMEOUT");
        assertThat(bob.heard).containsExactly("Redis: TIMEOUT");
        assertThat(rig.observed).containsExactly("2 reads failed: TIMEOUT");
        assertThat(found).isEmpty();
    }

    @Test
    void read_oneOfABatchThrows_theOthersAreServed() {
        List<HotRead> heard = new ArrayList<>();
        reads.read(id("alice"), new Completion<>() {
            @Override
            public void complete(HotRead outcome) {
                throw new IllegalStateException("a fault of its owner");
            }

            @Override
            public void fail(Throwable cause) {}
        });
        reads.read(id("bob"), new Completion<>() {
            @Override
            public void complete(HotRead outcome) {
                heard.add(outcome);
            }

            @Override
            public void fail(Throwable cause) {}
        });

        time.endTurn();
        redis.replyAll(value("alice"), value("bob"));

        assertThat(heard).containsExactly(new HotRead.Hit(user("bob"), false));
    }

    @Test
    void read_connectionBroke_isSentAgainWithinItsDeadline() {
        Outcome alice = read("alice");
        time.endTurn();

        redis.disconnect();
        time.pass(Duration.ofMillis(50));
        redis.connect();
        time.endTurn();
        redis.replyAll(value("alice"));

        assertThat(alice.heard).containsExactly(new HotRead.Hit(user("alice"), false));
    }

    @Test
    void misses_nearlyAll_areExpectedUntilReadsHit() {
        for (int i = 0; i < 1000; i++) {
            read("u" + i);
            time.endTurn();
            redis.replyAll((Object) null);
        }
        assertThat(misses.areExpected()).isTrue();

        for (int i = 0; i < 100; i++) {
            read("alice");
            time.endTurn();
            redis.replyAll(value("alice"));
        }

        assertThat(misses.areExpected()).isFalse();
    }
}
