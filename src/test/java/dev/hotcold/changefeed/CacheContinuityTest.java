package dev.hotcold.changefeed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.freshness.Lsn;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CacheContinuityTest {

    private static final Lsn CONFIRMED = Lsn.parse("0/20");
    private static final Lsn END_OF_LOG = Lsn.parse("1/0");

    @ParameterizedTest
    @CsvSource({
        "0/1F, OLDER_THAN_SLOT",
        "0/20, CONTINUED",
        "0/FFFFFFFF, CONTINUED",
        "1/0, CONTINUED",
        "1/1, ANOTHER_LOG",
        "FFFFFFFF/0, ANOTHER_LOG"
    })
    void of_position_isContinuedBetweenSlotAndEndOfLog(String applied, CacheContinuity continuity) {
        assertThat(CacheContinuity.of(Optional.of(Lsn.parse(applied)), false, CONFIRMED, END_OF_LOG))
                .isEqualTo(continuity);
    }

    @Test
    void of_noPosition_isUnknown() {
        assertThat(CacheContinuity.of(Optional.empty(), false, CONFIRMED, END_OF_LOG))
                .isEqualTo(CacheContinuity.UNKNOWN_POSITION);
    }

    /** Whatever the positions say: what was committed before the slot was created is not in its log. */
    @Test
    void of_newSlot_isNeverContinued() {
        assertThat(CacheContinuity.of(Optional.of(CONFIRMED), true, CONFIRMED, END_OF_LOG))
                .isEqualTo(CacheContinuity.OLDER_THAN_SLOT);
    }
}
