package dev.hotcold.changefeed;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.changefeed.apply.StartPosition;
import dev.hotcold.changefeed.postgres.LogHistory;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.Lsn;
import java.sql.SQLException;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class CacheContinuityTest {

    private static final Lsn CONFIRMED = Lsn.parse("0/20");
    private static final Lsn END_OF_LOG = Lsn.parse("1/0");

    @ParameterizedTest
    @CsvSource({
        "0/1F, BEHIND_SLOT",
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

    private static CacheContinuity ofFormer(String log, String position, boolean slotIsNew) {
        LogHistory history = LogHistory.of("system", 3, "1\t0/40\tx\n2\t0/80\ty\n");
        return CacheContinuity.of(
                new ChangeSink.Applied(
                        log,
                        Optional.of(position).filter(text -> !text.isEmpty()).map(Lsn::parse),
                        "a session"),
                history,
                "table",
                slotIsNew,
                new StartPosition(CONFIRMED, END_OF_LOG));
    }

    /** PostgreSQL has failed over, from timeline 1 at 0/40 to 2, and from 2 at 0/80 to 3. */
    @ParameterizedTest
    @CsvSource({
        "system/3@0/80/table, 1/0, CONTINUED",
        "system/3@0/80/table, 1/1, ANOTHER_LOG",
        "system/3@0/80/table, 0/1F, BEHIND_SLOT",
        "system/2@0/40/table, 0/80, FAILED_OVER",
        "system/2@0/40/table, 0/81, LOST_CHANGES",
        "system/2@0/40/table, 0/20, FAILED_OVER",
        "system/2@0/40/table, 0/1F, OLDER_THAN_SLOT",
        "system/1/table, 0/40, FAILED_OVER",
        "system/1/table, 0/41, LOST_CHANGES",
        "system/1/table, 0/1F, OLDER_THAN_SLOT",
        "system/1/table, '', UNKNOWN_POSITION",
        "system/1/another, 0/30, UNKNOWN_POSITION",
        "system/2/table, 0/30, UNKNOWN_POSITION",
        "system/2@0/41/table, 0/30, UNKNOWN_POSITION",
        "system/4@0/90/table, 0/30, UNKNOWN_POSITION",
        "another/1/table, 0/30, UNKNOWN_POSITION",
        "table, 0/30, UNKNOWN_POSITION",
        "'', 0/30, UNKNOWN_POSITION"
    })
    void of_positionOfAFormerPrimary_isContinuedUpToTheBranch(String log, String position, CacheContinuity expected) {
        assertThat(ofFormer(log, position, false)).isEqualTo(expected);
    }

    @ParameterizedTest
    @EnumSource(names = "FAILED_OVER", mode = EnumSource.Mode.EXCLUDE)
    void ifComparable_notFailedOver_isTheSameEitherWay(CacheContinuity continuity) throws SQLException {
        assertThat(continuity.ifComparable(() -> true)).isEqualTo(continuity);
        assertThat(continuity.ifComparable(() -> false)).isEqualTo(continuity);
    }

    @Test
    void ifComparable_failedOver_isContinuedOnlyThen() throws SQLException {
        assertThat(CacheContinuity.FAILED_OVER.ifComparable(() -> true).isContinued())
                .isTrue();
        assertThat(CacheContinuity.FAILED_OVER.ifComparable(() -> false).isContinued())
                .isFalse();
    }

    /** No copy of the slot was on the standby: it was created after the promotion. */
    @Test
    void of_positionOfAFormerPrimaryAndNewSlot_isOlderThanTheSlot() {
        assertThat(ofFormer("system/2@0/40/table", "0/80", true)).isEqualTo(CacheContinuity.OLDER_THAN_SLOT);
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
