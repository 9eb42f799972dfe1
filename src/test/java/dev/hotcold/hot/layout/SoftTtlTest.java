package dev.hotcold.hot.layout;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.lookup.HotRead;
import dev.hotcold.lookup.StaleUser;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SoftTtlTest {

    private static final UserId ALICE = (UserId) UserId.parse("alice");
    private static final UserJson USER = UserJson.encode(new User(ALICE, "d", "p"));
    private static final Duration MEAN = Duration.ofMillis(100);
    private static final long NOW = 1_767_225_600_000L;
    private static final int JUDGEMENTS = 10_000;

    private static CachedUser freshUntil(long time) {
        return new CachedUser(USER, time);
    }

    private final ManualTime time = new ManualTime();

    @BeforeEach
    void setTime() {
        time.setEpochMillis(NOW);
    }

    private static long chosen(SoftTtl softTtl, Duration left) {
        CachedUser user = freshUntil(NOW + left.toMillis());
        return IntStream.range(0, JUDGEMENTS)
                .mapToObj(i -> softTtl.judge(user))
                .filter(read -> ((HotRead.Hit) read).refreshAhead())
                .count();
    }

    @Test
    void judge_noExpiry_isAHit() {
        SoftTtl softTtl = new SoftTtl(time, MEAN, () -> true);

        assertThat(softTtl.judge(freshUntil(CachedUser.NO_EXPIRY))).isEqualTo(new HotRead.Hit(USER, false));
    }

    @Test
    void judge_softTtlOver_isStaleSinceThen() {
        SoftTtl softTtl = new SoftTtl(time, MEAN, () -> true);

        assertThat(softTtl.judge(freshUntil(NOW))).isEqualTo(new StaleUser(USER, Duration.ZERO));
        assertThat(softTtl.judge(freshUntil(NOW - 1234))).isEqualTo(new StaleUser(USER, Duration.ofMillis(1234)));
    }

    /** Of 10,000 judgements e to the power of -left/mean are expected to choose; the bounds are ten deviations away. */
    @Test
    void judge_softTtlEndsSoon_choosesTheMoreTheNearerTheEnd() {
        SoftTtl softTtl = new SoftTtl(time, MEAN, () -> true);

        assertThat(chosen(softTtl, Duration.ofMillis(1))).isBetween(9_800L, 10_000L);
        assertThat(chosen(softTtl, MEAN)).isBetween(3_200L, 4_200L);
        assertThat(chosen(softTtl, MEAN.multipliedBy(3))).isBetween(280L, 720L);
        assertThat(chosen(softTtl, softTtl.horizon())).isZero();
    }

    @Test
    void judge_noRefreshAhead_choosesNone() {
        SoftTtl softTtl = new SoftTtl(time, Duration.ZERO, () -> true);

        assertThat(chosen(softTtl, Duration.ofMillis(1))).isZero();
    }
}
