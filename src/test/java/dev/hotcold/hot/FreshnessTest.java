package dev.hotcold.hot;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.StaleUser;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class FreshnessTest {

    private static final UserId ALICE = (UserId) UserId.parse("alice");
    private static final UserJson USER = UserJson.encode(new User(ALICE, "d", "p"));
    private static final Duration MEAN = Duration.ofMillis(100);
    private static final long NOW = 1_767_225_600_000L;
    private static final int JUDGEMENTS = 10_000;

    private static UserJson freshUntil(long time) {
        return Objects.requireNonNull(CachedValue.read(ALICE, CachedValue.write(USER, time)));
    }

    private final ManualTime time = new ManualTime();

    @BeforeEach
    void setTime() {
        time.setEpochMillis(NOW);
    }

    private static long chosen(Freshness freshness, Duration left) {
        UserJson user = freshUntil(NOW + left.toMillis());
        return IntStream.range(0, JUDGEMENTS)
                .mapToObj(i -> freshness.judge(user))
                .filter(read -> ((HotRead.Hit) read).refreshAhead())
                .count();
    }

    @Test
    void judge_noEnd_isAHit() {
        Freshness freshness = new Freshness(time, MEAN);

        assertThat(freshness.judge(freshUntil(CachedValue.NO_END))).isEqualTo(new HotRead.Hit(USER, false));
    }

    @Test
    void judge_timeIsOver_isStaleSinceThen() {
        Freshness freshness = new Freshness(time, MEAN);

        assertThat(freshness.judge(freshUntil(NOW))).isEqualTo(new StaleUser(USER, Duration.ZERO));
        assertThat(freshness.judge(freshUntil(NOW - 1234))).isEqualTo(new StaleUser(USER, Duration.ofMillis(1234)));
    }

    /** Of 10,000 judgements e to the power of -left/mean are expected to choose; the bounds are ten deviations away. */
    @Test
    void judge_timeEndsSoon_choosesTheMoreTheNearerTheEnd() {
        Freshness freshness = new Freshness(time, MEAN);

        assertThat(chosen(freshness, Duration.ofMillis(1))).isBetween(9_800L, 10_000L);
        assertThat(chosen(freshness, MEAN)).isBetween(3_200L, 4_200L);
        assertThat(chosen(freshness, MEAN.multipliedBy(3))).isBetween(280L, 720L);
        assertThat(chosen(freshness, freshness.horizon())).isZero();
    }

    @Test
    void judge_noEarlyRefresh_choosesNone() {
        Freshness freshness = new Freshness(time, Duration.ZERO);

        assertThat(chosen(freshness, Duration.ofMillis(1))).isZero();
    }
}
