package dev.hotcold.hot.proof;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.freshness.FeedState;
import dev.hotcold.freshness.FollowedLog;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.hot.link.LinkSettings;
import dev.hotcold.hot.link.RedisHealth.Aspect;
import dev.hotcold.hot.link.RedisLink;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.ScriptedRedis;
import dev.hotcold.testkit.SilentObserver;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** When beats are polled, and what is concluded from their missing. */
class BeatPollsTest {

    private static final Duration POLL = Duration.ofMillis(BeatPolls.POLL_MILLIS);
    private static final Duration MOST = Duration.ofMillis(400);

    private final ManualTime time = new ManualTime();
    private final ScriptedRedis redis = new ScriptedRedis();
    private final RedisLink link = new RedisLink(
            new LinkSettings(Duration.ofMillis(100), Duration.ofMillis(100), 1, Duration.ZERO),
            new UserKeys(""),
            new RequestBudget(Duration.ofMillis(300)),
            time,
            new SilentObserver(),
            redis.factory());
    private boolean isFeedExpected = true;
    private long newest;
    private int left;
    private int leaving;
    private boolean isFeedRunning = true;
    private final List<FollowedLog> followed = new ArrayList<>();
    private final FeedState feed = new FeedState() {
        @Override
        public boolean isRunning() {
            return isFeedRunning;
        }

        @Override
        public boolean isExpected() {
            return isFeedExpected;
        }

        @Override
        public boolean heardOf(FollowedLog log) {
            followed.add(log);
            return isOfThePast(log);
        }

        @Override
        public boolean isOfThePast(FollowedLog log) {
            return log.timeline() < newest;
        }

        @Override
        public void ownerLeft() {
            left++;
        }

        @Override
        public void ownerLeaves() {
            leaving++;
        }
    };
    private final BeatPolls polls = new BeatPolls(link.keys().feed("f"), MOST, feed, link, time);

    BeatPollsTest() {
        link.addListener(polls);
        redis.connect();
        time.endTurn();
    }

    /** Answers the poll that is in flight, and lets the time of the next come. */
    private void answer(String session, int beat) {
        answer(session, beat, null);
    }

    private void answer(String session, int beat, @Nullable String log) {
        assertThat(ScriptedRedis.words(redis.unanswered().getFirst()))
                .containsExactly("HMGET", "changefeed:f", "session", "beat", "log", "life", "beats_of");
        redis.replyAll(session, Integer.toString(beat), log, null, session);
        // Which keeps them polled often.
        var _ = polls.isYoungEnough();
        time.pass(POLL);
    }

    @Test
    void beats_proveHitsAsLongAsTheyCome() {
        assertThat(polls.isYoungEnough()).isFalse();

        answer("s", 1);
        answer("s", 2);
        assertThat(polls.isYoungEnough()).isFalse();
        answer("s", 3);
        assertThat(polls.isYoungEnough()).isTrue();

        while (polls.provenStaleness().orElseThrow().compareTo(MOST) < 0) {
            answer("s", 3);
        }
        answer("s", 3);
        assertThat(polls.isYoungEnough()).isFalse();
    }

    /** What a feed has noted that is gone says nothing of which server is to be used. */
    @Test
    void log_isHeardOfWhenItsFeedLives() {
        answer("s", 1, "7/2@0/30");
        answer("s", 1, "7/2@0/30");
        assertThat(followed).isEmpty();

        answer("s", 2, "7/2@0/30");
        assertThat(followed).containsExactly(new FollowedLog("7", 2));
        answer("t", 0, "7/3");
        assertThat(followed).containsExactly(new FollowedLog("7", 2), new FollowedLog("7", 3));
        answer("t", 1, "who knows");
        assertThat(followed).hasSize(2);
    }

    /** A take-over that has no beats yet. */
    @Test
    void log_isHeardOfByTheSignOfLife() {
        redis.replyAll("s", "0", "7/2", null, "s");
        time.pass(POLL);
        redis.replyAll("s", "0", "7/2", "1", "s");

        assertThat(followed).containsExactly(new FollowedLog("7", 2));
    }

    @Test
    void ownerLeaves_isHeardOfOnce() {
        for (String life : List.of("3", "left", "left")) {
            redis.replyAll("s", "1", "7/2", life, "s");
            time.pass(POLL);
        }
        assertThat(left).isEqualTo(1);

        redis.disconnect();
        redis.connect();
        time.endTurn();
        for (String life : List.of("left", "left", "1", "left")) {
            redis.replyAll("t" + life.length(), "1", "7/2", life, "t" + life.length());
            time.pass(POLL);
        }
        assertThat(left).isEqualTo(1);
    }

    /** So that one instance prepares, and once more so that all look. */
    @Test
    void ownerIsToLeave_isHeardOfAndOnceMoreWhenItLeft() {
        for (String life : List.of("3", "leaving 0", "leaving 1", "leaving 2", "left", "left")) {
            redis.replyAll("s", "1", "7/2", life, "s");
            time.pass(POLL);
        }

        assertThat(leaving).isEqualTo(1);
        assertThat(left).isEqualTo(1);
    }

    /** As after a rollback: it leaves the beats of the one before it as they are. */
    @Test
    void feedOfAVersionWithoutBeats_behindOneWithThem_demandsNothing() {
        redis.replyAll("old", "7", "7/2", "9", "new");

        assertThat(polls.isYoungEnough()).isTrue();
    }

    @Test
    void beatsOfBeforeANewerTimelineWasSeen_proveNothingAnyMore() {
        for (int beat = 1; beat < 5; beat++) {
            answer("s", beat, "7/2");
        }
        assertThat(polls.isYoungEnough()).isTrue();

        newest = 3;
        answer("s", 4, "7/2");
        assertThat(polls.isYoungEnough()).isFalse();
    }

    @Test
    void beatsOfAnotherLog_proveNothingAnyMore() {
        for (int beat = 1; beat < 5; beat++) {
            answer("s", beat, "7/2");
        }

        answer("t", 0, "7/3");

        assertThat(polls.isYoungEnough()).isFalse();
    }

    @Test
    void log_onAnotherConnection_isNotHeardOfBeforeItMoves() {
        answer("s", 1, "7/2");
        redis.disconnect();
        redis.connect();
        time.endTurn();
        answer("s", 2, "7/2");

        assertThat(followed).isEmpty();
    }

    /** Whose changes may have been undone. */
    @Test
    void beatsOfAnOlderTimeline_proveNothing() {
        newest = 3;
        for (int beat = 1; beat < 9; beat++) {
            answer("s", beat, "7/2");
            assertThat(polls.isYoungEnough()).isFalse();
        }

        answer("t", 0, "7/3");
        answer("t", 1, "7/3");
        answer("t", 2, "7/3");
        answer("t", 4, "7/3");
        assertThat(polls.isYoungEnough()).isTrue();
    }

    @Test
    void feedThatNobodyIsToRun_demandsNothing() {
        isFeedExpected = false;

        assertThat(polls.isYoungEnough()).isTrue();
    }

    /** In an upgrade. */
    @Test
    void feedOfAVersionWithoutBeats_demandsNothing() {
        redis.replyAll("s", null, null, null, null);

        assertThat(polls.isYoungEnough()).isTrue();
    }

    /** The first of the new version takes over. */
    @Test
    void feedOfAVersionWithoutBeats_givesWayToOneWithBeats_isNoFault() {
        for (int i = 0; i < 200; i++) {
            reply("old", null);
            assertThat(link.health().of(Aspect.PROOF).reason()).isEmpty();
        }

        for (int i = 0; i < 20; i++) {
            reply("new", "0");
            assertThat(link.health().of(Aspect.PROOF).reason()).isEmpty();
        }
        for (int i = 0; i < 40; i++) {
            reply("new", "0");
        }
        assertThat(link.health().of(Aspect.PROOF).reason()).isPresent();
    }

    private void reply(String session, @Nullable String beat) {
        redis.replyAll(session, beat, null, null, beat == null ? null : session);
        var _ = polls.isYoungEnough();
        time.pass(POLL);
    }

    /** It is what a feed has left that nobody runs any more. */
    @Test
    void feedOfAVersionWithoutBeats_anHourLater_provesNothing() {
        redis.replyAll("s", null, null, null, null);
        time.pass(Duration.ofMinutes(50));
        redis.replyAll("s", null, null, null, null);
        assertThat(polls.isYoungEnough()).isTrue();

        redis.disconnect();
        redis.connect();
        time.endTurn();
        redis.replyAll("s", null, null, null, null);
        assertThat(polls.isYoungEnough()).isTrue();
        time.pass(Duration.ofMinutes(11));

        assertThat(polls.isYoungEnough()).isFalse();
    }

    @Test
    void noFeedEver_provesNothing() {
        redis.replyAll((Object) null, null, null, null, null);

        assertThat(polls.isYoungEnough()).isFalse();
    }

    @Test
    void anotherConnection_provesAnew() {
        answer("s", 1);
        answer("s", 3);
        assertThat(polls.isYoungEnough()).isTrue();

        redis.disconnect();
        assertThat(polls.isYoungEnough()).isFalse();

        redis.connect();
        time.endTurn();
        answer("s", 5);
        assertThat(polls.isYoungEnough()).isFalse();
        answer("s", 7);
        assertThat(polls.isYoungEnough()).isTrue();
    }

    /** An unanswered poll shows how old the answer will be, whenever it comes. */
    @Test
    void lateReply_provesTheMomentOfItsSending() {
        answer("s", 1);
        time.pass(POLL.multipliedBy(4));
        answer("s", 3);

        assertThat(polls.provenStaleness().orElseThrow()).isEqualTo(POLL.multipliedBy(6));
    }

    /** What is to be mended then is said elsewhere. */
    @Test
    void noBeatsForLong_andChangesAreNotFollowedHere_isNotBlamedOnSettings() {
        isFeedRunning = false;
        for (int i = 0; i < 80 && redis.replacements() == 0; i++) {
            answer("s", 1);
        }

        assertThat(link.health().of(Aspect.PROOF).reason().orElseThrow())
                .contains("changes are not followed by this instance")
                .doesNotContain("REDIS_ADDR");
    }

    @Test
    void noBeatsForLong_isToldAndTheAddressLookedUpAnew() {
        for (int i = 0; i < 80 && redis.replacements() == 0; i++) {
            answer("s", 1);
        }

        assertThat(redis.replacements()).isEqualTo(1);
        assertThat(link.health().of(Aspect.PROOF).reason().orElseThrow())
                .startsWith("no beats of the change feed come");
        answer("s", 1);
        answer("s", 2);
        answer("s", 3);
        answer("s", 4);
        assertThat(link.health().of(Aspect.PROOF).reason()).isEmpty();
    }

    @Test
    void unused_isPolledNowAndThen() {
        int polled = 0;
        for (int i = 0; i < 100; i++) {
            while (!redis.unanswered().isEmpty()) {
                redis.replyAll("s", Integer.toString(i), null, null, "s");
                polled++;
            }
            time.pass(POLL);
        }

        // Each 100 ms, a quarter of the demand, once something is proven.
        assertThat(polled).isBetween(45, 55);
    }
}
