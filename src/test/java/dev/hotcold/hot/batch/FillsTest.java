package dev.hotcold.hot.batch;

import static dev.hotcold.hot.batch.BatchRig.id;
import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.hot.layout.Lifetimes;
import dev.hotcold.hot.layout.Script;
import dev.hotcold.lookup.LeaseToken;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.ScriptedRedis;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FillsTest {

    private static final LeaseToken TOKEN = new LeaseToken("token");
    private static final Duration NOTED = Duration.ofSeconds(30);

    private final BatchRig rig = new BatchRig();
    private final ScriptedRedis redis = rig.redis;
    private final ManualTime time = rig.time;
    private final Fills fills = new Fills(rig.link, time, rig.observer);

    @BeforeEach
    void add() {
        rig.link.addSource(fills);
    }

    private static Lifetimes.Stored stored(String value, long keyMillis) {
        return new Lifetimes.Stored(value.getBytes(StandardCharsets.UTF_8), keyMillis);
    }

    @Test
    void fill_inOneTurn_isOneScript() {
        fills.fill(id("alice"), TOKEN, stored("{a}", 5000));
        fills.fill(id("bob"), TOKEN, stored("{b}", 0));

        time.endTurn();
        assertThat(rig.sent())
                .containsExactly(
                        "EVALSHA",
                        Script.FILL.digest(),
                        "4",
                        "user:alice",
                        "lease:{user:alice}",
                        "user:bob",
                        "lease:{user:bob}",
                        "token",
                        "{a}",
                        "5000",
                        "token",
                        "{b}",
                        "0");
        redis.replyNumber(1);

        assertThat(rig.observed).containsExactly("1 stored, 1 lease lost");
    }

    @Test
    void release_onlyEndsTheLease() {
        fills.release(id("alice"), TOKEN);

        time.endTurn();
        assertThat(rig.sent()).endsWith("token", "", "0");
        redis.replyNumber(0);

        assertThat(rig.observed).containsExactly("0 stored, 0 lease lost");
    }

    @Test
    void fillAbsent_isNotedUnderTheLease() {
        fills.fillAbsent(id("alice"), TOKEN, NOTED);

        time.endTurn();
        assertThat(rig.sent())
                .containsExactly(
                        "EVALSHA",
                        Script.ABSENT.digest(),
                        "3",
                        "user:alice",
                        "lease:{user:alice}",
                        "absent:{user:alice}",
                        "token",
                        "30000");
        redis.replyNumber(1);

        assertThat(rig.observed).containsExactly("1 stored, 0 lease lost");
    }

    @Test
    void invalidate_needsNoLeaseAndNotesNothing() {
        fills.invalidate(id("alice"));

        time.endTurn();
        assertThat(rig.sent()).endsWith("", "0");
        redis.replyNumber(0);

        assertThat(rig.observed).containsExactly("0 stored, 0 lease lost");
    }

    @Test
    void absences_goBeforeFills() {
        fills.fill(id("alice"), TOKEN, stored("{a}", 1));
        fills.invalidate(id("bob"));

        time.endTurn();

        assertThat(redis.unanswered())
                .extracting(command -> ScriptedRedis.words(command).get(1))
                .containsExactly(Script.ABSENT.digest(), Script.FILL.digest());
    }

    @Test
    void fill_longValues_areSplitByBytes() {
        String value = "x".repeat(100_000);
        for (int i = 0; i < 6; i++) {
            fills.fill(id("u" + i), TOKEN, stored(value, 1));
        }

        time.endTurn();

        assertThat(redis.unanswered())
                .extracting(command -> ScriptedRedis.words(command).get(2))
                .containsExactly("6", "6");
    }

    @Test
    void fill_manyUsers_areSplit() {
        for (int i = 0; i < 300; i++) {
            fills.fill(id("u" + i), TOKEN, stored("{}", 1));
        }

        time.endTurn();

        assertThat(redis.unanswered())
                .extracting(command -> ScriptedRedis.words(command).get(2))
                .containsExactly("512", "88");
    }

    @Test
    void fill_noReply_isToldToTheObserver() {
        fills.fill(id("alice"), TOKEN, stored("{a}", 1));
        fills.release(id("bob"), TOKEN);

        time.endTurn();
        time.pass(BatchRig.REPLY_TIME);

        assertThat(rig.observed).containsExactly("1 fills failed: TIMEOUT");
    }
}
