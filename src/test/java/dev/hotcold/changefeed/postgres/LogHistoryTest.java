package dev.hotcold.changefeed.postgres;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hotcold.freshness.Lsn;
import org.junit.jupiter.api.Test;

/** Which logs are a part of one, by the history file of its timeline. */
class LogHistoryTest {

    private static final String FILE = """
            1\t0/1523A90\tno recovery target specified

            # a comment
            2\t16/B374D848\tbefore 2026-01-01 00:00:00+00
            """;

    private final LogHistory third = LogHistory.of("system", 3, FILE);

    @Test
    void name_firstTimeline_isThatOfEarlierVersions() {
        assertThat(LogHistory.of("system", 1).name()).isEqualTo("system/1");
    }

    @Test
    void name_laterTimeline_saysWhereItBegins() {
        assertThat(third.name()).isEqualTo("system/3@16/B374D848");
    }

    @Test
    void branchFrom_ancestors_areAPartUpToTheirEnd() {
        assertThat(third.branchFrom("system/1")).contains(Lsn.parse("0/1523A90"));
        assertThat(third.branchFrom("system/2@0/1523A90")).contains(Lsn.parse("16/B374D848"));
    }

    /** Two standbys may be promoted to timelines of the same number. */
    @Test
    void branchFrom_timelineOfTheSameNumberThatBeganElsewhere_isAnother() {
        assertThat(third.branchFrom("system/2@0/1523A91")).isEmpty();
        assertThat(third.branchFrom("system/2")).isEmpty();
    }

    @Test
    void branchFrom_itselfADescendantOrAnotherSystem_isNone() {
        assertThat(third.branchFrom(third.name())).isEmpty();
        assertThat(third.branchFrom("system/4@20/0")).isEmpty();
        assertThat(third.branchFrom("another/1")).isEmpty();
        assertThat(third.branchFrom("")).isEmpty();
    }

    @Test
    void of_historyThatIsNotTold_descendsFromNothing() {
        LogHistory alone = LogHistory.of("system", 3);

        assertThat(alone.name()).isEqualTo("system/3");
        assertThat(alone.branchFrom("system/1")).isEmpty();
    }

    @Test
    void of_anotherFile_isRefused() {
        assertThatThrownBy(() -> LogHistory.of("system", 2, "1\tsomewhere\tx"))
                .isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> LogHistory.of("system", 2, "\\x31093033"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
