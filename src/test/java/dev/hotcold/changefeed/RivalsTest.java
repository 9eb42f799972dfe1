package dev.hotcold.changefeed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hotcold.changefeed.apply.ScriptedSink;
import dev.hotcold.changefeed.apply.SessionEndedException;
import dev.hotcold.freshness.ChangeSink.Followed;
import dev.hotcold.freshness.FollowedLog;
import dev.hotcold.testkit.ManualBlockingTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who is on an older timeline leaves the cache to who is on a newer one, while that one lives. */
class RivalsTest {

    private static final FollowedLog OWN = new FollowedLog("7", 2);

    private final ManualBlockingTime time = new ManualBlockingTime();
    private final ScriptedSink sink = new ScriptedSink(time, new ArrayList<>());
    private final FeedStatus status = new FeedStatus(true);
    private Duration endsAfter = Duration.ofDays(1);

    private Optional<FollowedLog> newer() {
        return new Rivals(
                        sink,
                        () -> {
                            if (time.passed().compareTo(endsAfter) >= 0) {
                                throw new SessionEndedException("over");
                            }
                        },
                        status,
                        time)
                .newer(OWN);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "7/2", "7/2@0/30", "7/1", "8/3", "nonsense", "7/x"})
    void newer_nothingNewerIsNoted_isNotWaitedFor(String noted) {
        sink.isFollowed(new Followed("s", "5", noted));

        assertThat(newer()).isEmpty();

        assertThat(time.passed()).isZero();
    }

    @Test
    void newer_showsLife_isFound() {
        sink.isFollowed(new Followed("s", "5", "7/3@0/30"));
        time.after(Duration.ofMillis(900), () -> {
            assertThat(status.reason())
                    .hasValueSatisfying(why -> assertThat(why).contains("timeline 2", "timeline 3"));
            sink.isFollowed(new Followed("s", "6", "7/3@0/30"));
        });

        assertThat(newer()).contains(new FollowedLog("7", 3));

        assertThat(time.passed()).isLessThan(Duration.ofSeconds(2));
    }

    @Test
    void newer_anotherSessionBegins_isFound() {
        sink.isFollowed(new Followed("s", "5", "7/3@0/30"));
        time.after(Duration.ofSeconds(8), () -> sink.isFollowed(new Followed("t", "", "7/3@0/30")));

        assertThat(newer()).contains(new FollowedLog("7", 3));
    }

    @Test
    void newer_anotherSessionOfThisTimelineBegins_isNone() {
        sink.isFollowed(new Followed("s", "5", "7/3"));
        time.after(Duration.ofSeconds(1), () -> sink.isFollowed(new Followed("t", "", "7/2")));

        assertThat(newer()).isEmpty();
    }

    /** As after a restore of what was before: the cache must not wait for ever for who is gone. */
    @Test
    void newer_nothingMoves_isGone() {
        sink.isFollowed(new Followed("s", "5", "7/3@0/30"));

        assertThat(newer()).isEmpty();

        assertThat(time.passed()).isBetween(Rivals.PATIENCE, Rivals.PATIENCE.plusSeconds(1));
    }

    @Test
    void newer_sessionIsOverMeanwhile_ends() {
        endsAfter = Duration.ofSeconds(3);
        sink.isFollowed(new Followed("s", "5", "7/3@0/30"));

        assertThatThrownBy(this::newer).hasMessage("over");
    }
}
