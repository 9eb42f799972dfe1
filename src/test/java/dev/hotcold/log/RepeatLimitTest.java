package dev.hotcold.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.spi.LoggingEvent;
import java.time.Duration;
import java.time.Instant;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** Which lines are shown, and when the others are told of. */
final class RepeatLimitTest {

    private static final LineKind DOWN = new LineKind("store", "down");
    private static final LineKind UP = new LineKind("store", "up");

    private final RepeatLimit limit = new RepeatLimit();
    private long now;

    @Test
    void offer_firstOfAKind_isShownAndTheSecondIsNot() {
        assertThat(offer(DOWN)).hasValue(0);
        assertThat(offer(DOWN)).isEmpty();
        assertThat(offer(UP))
                .as("another kind, which tells of the one held back")
                .hasValue(1);
    }

    @Test
    void due_minuteOver_isTheLastLineWithTheCountAndOnlyOnce() {
        offer(DOWN);
        offer(DOWN);
        LoggingEvent last = new LoggingEvent();
        last.setInstant(Instant.EPOCH);
        limit.offer(DOWN, last, now);
        pass(RepeatLimit.PERIOD.minusNanos(1));
        assertThat(limit.due(now)).isEmpty();

        pass(Duration.ofNanos(1));

        assertThat(limit.due(now)).containsExactly(new RepeatLimit.Held(last, 2));
        assertThat(limit.due(now)).isEmpty();
        assertThat(offer(DOWN)).as("shown a moment ago").isEmpty();
    }

    @Test
    void offer_minuteOver_isShownWithTheCount() {
        offer(DOWN);
        offer(DOWN);
        pass(RepeatLimit.PERIOD);

        assertThat(offer(DOWN)).hasValue(1);
        assertThat(limit.due(now)).isEmpty();
    }

    /** Else an older state would be the last that is shown. */
    @Test
    void due_olderThanALineThatWasShown_isNothing() {
        offer(DOWN);
        offer(DOWN);
        pass(Duration.ofSeconds(30));
        offer(UP);

        pass(RepeatLimit.PERIOD);

        assertThat(limit.due(now)).isEmpty();
    }

    @Test
    void offer_everNewSubjects_areBounded() {
        int shown = 0;
        for (int i = 0; i < 10_000; i++) {
            shown += offer(new LineKind("subject " + i, "kind")).isPresent() ? 1 : 0;
        }

        assertThat(shown).isLessThanOrEqualTo(RepeatLimit.MAX_SUBJECTS + 1);
        pass(RepeatLimit.PERIOD);
        assertThat(limit.due(now)).hasSize(1);
        pass(RepeatLimit.PERIOD);
        limit.due(now);
        assertThat(offer(new LineKind("one more", "kind")))
                .as("those of earlier are forgotten")
                .hasValue(0);
    }

    @Test
    void offer_everNewKindsOfASubject_areBounded() {
        int shown = 0;
        for (int i = 0; i < 10_000; i++) {
            shown += offer(new LineKind("store", "kind " + i)).isPresent() ? 1 : 0;
        }

        assertThat(shown).isLessThanOrEqualTo(RepeatLimit.MAX_KINDS + 1);
    }

    private OptionalInt offer(LineKind kind) {
        LoggingEvent line = new LoggingEvent();
        line.setInstant(Instant.ofEpochSecond(0, now));
        return limit.offer(kind, line, now);
    }

    private void pass(Duration time) {
        now += time.toNanos();
    }
}
