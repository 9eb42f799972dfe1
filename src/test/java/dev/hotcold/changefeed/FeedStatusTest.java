package dev.hotcold.changefeed;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class FeedStatusTest {

    private long nanos = -5;
    private final FeedStatus status = new FeedStatus(true, () -> nanos);

    private void pass(Duration time) {
        nanos += time.toNanos();
    }

    @Test
    void lagSeconds_neverFollowed_isTheTimeSinceTheStart() {
        pass(Duration.ofSeconds(7));

        assertThat(status.lagSeconds()).isEqualTo(7);
    }

    @Test
    void lagSeconds_owner_isWhatTheSessionSays() {
        status.becomeOwner(Optional.empty());

        status.listener().lag(Duration.ofMillis(250));

        assertThat(status.lagSeconds()).isEqualTo(0.25);
    }

    /** An alert must not lose sight of it exactly when it matters. */
    @Test
    void lagSeconds_ownerFails_growsFromTheLastMomentWithoutAnyMissing() {
        status.becomeOwner(Optional.empty());
        status.listener().lag(Duration.ofSeconds(2));

        status.degraded("PostgreSQL does not answer");
        pass(Duration.ofSeconds(10));

        assertThat(status.lagSeconds()).isEqualTo(12);

        status.becomeOwner(Optional.empty());
        assertThat(status.lagSeconds()).isEqualTo(12);
        status.listener().lag(Duration.ZERO);
        assertThat(status.lagSeconds()).isZero();
    }

    @Test
    void lagSeconds_standby_isNotKnown_andCountsFromThenWhereNobodyFollows() {
        pass(Duration.ofSeconds(100));
        status.standBy();
        assertThat(status.lagSeconds()).isNaN();

        status.degraded("PostgreSQL does not answer");
        pass(Duration.ofSeconds(3));

        assertThat(status.lagSeconds()).isEqualTo(3);
    }

    @Test
    void lagSeconds_nothingIsToBeFollowed_isNotKnown() {
        assertThat(new FeedStatus(false, () -> nanos).lagSeconds()).isNaN();
    }
}
