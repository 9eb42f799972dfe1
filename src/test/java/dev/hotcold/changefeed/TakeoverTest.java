package dev.hotcold.changefeed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hotcold.changefeed.apply.FeedSession;
import dev.hotcold.changefeed.apply.ScriptedLog;
import dev.hotcold.changefeed.apply.ScriptedSink;
import dev.hotcold.changefeed.apply.ScriptedSnapshots;
import dev.hotcold.changefeed.apply.SessionEndedException;
import dev.hotcold.changefeed.apply.StartPosition;
import dev.hotcold.changefeed.pace.ComparisonTime;
import dev.hotcold.changefeed.pgoutput.UserRows;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.testkit.ManualBlockingTime;
import dev.hotcold.testkit.UsersTables;
import dev.hotcold.user.UserId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is done to the cache at a take-over, and not before lookups reach PostgreSQL. */
class TakeoverTest {

    private static final Lsn ACKNOWLEDGED = new Lsn(0x100);
    private static final String LOG = "the log";

    private final ManualBlockingTime time = new ManualBlockingTime();
    private final List<String> diary = new ArrayList<>();
    private final ScriptedLog log = new ScriptedLog(time);
    private final ScriptedSink sink = new ScriptedSink(time, diary);
    private final FeedStatus status = new FeedStatus(true);
    private final FeedSession session = new FeedSession(
            log,
            new UserRows(UsersTables.plain(1)),
            new ScriptedSnapshots(),
            sink,
            new StartPosition(ACKNOWLEDGED, ACKNOWLEDGED),
            status.listener(),
            time);
    private Duration lookupsAreBackAfter = Duration.ZERO;
    private Takeover.Comparison comparison = keepAlive -> {
        keepAlive.run();
        diary.add(time.passed().toMillis() + ": compare");
        return 1;
    };
    private final ComparisonTime comparisons = new ComparisonTime();
    private Optional<Set<UserId>> lost = Optional.empty();
    private int trials;
    private Duration endsAfter = Duration.ofDays(1);

    private final LookupSide lookups = new LookupSide() {
        @Override
        public CompletableFuture<Boolean> reachDatabase() {
            trials++;
            CompletableFuture<Boolean> trial = new CompletableFuture<>();
            // As a lookup that is answered late, or not at all.
            time.after(Duration.ofMillis(10), () -> trial.complete(time.passed().compareTo(lookupsAreBackAfter) >= 0));
            return trial;
        }

        @Override
        public int removeDiffering(Connection lookups, Runnable keepAlive) {
            throw new UnsupportedOperationException("by the comparison that it is given");
        }
    };

    private static UserId id(String text) {
        return (UserId) UserId.parse(text);
    }

    private void prepare(CacheContinuity continuity) throws SQLException {
        new Takeover(session, sink, lookups, status, this::check, comparisons, time)
                .prepare(continuity, LOG, lost, comparison);
    }

    private void check() {
        if (time.passed().compareTo(endsAfter) >= 0) {
            throw new SessionEndedException("over");
        }
    }

    @Test
    void prepare_continued_changesNothing() throws SQLException {
        lookupsAreBackAfter = Duration.ofDays(1);

        prepare(CacheContinuity.CONTINUED);

        assertThat(diary).isEmpty();
    }

    @Test
    void prepare_failedOver_endsOldFillsBeforeItComparesAndThenNotesTheLog() throws SQLException {
        prepare(CacheContinuity.FAILED_OVER);

        assertThat(diary)
                .containsExactly("10: end leases", "1010: end leases", "1010: compare", "1010: continue with " + LOG);
        assertThat(status.flushes()).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = {"UNKNOWN_POSITION", "BEHIND_SLOT"})
    void prepare_gap_forgetsThePositionAndFlushes(CacheContinuity gap) throws SQLException {
        prepare(gap);

        assertThat(diary)
                .containsExactly(
                        "10: clear position",
                        "10: continue with " + LOG,
                        "10: clear position",
                        "10: flush",
                        "260: flush",
                        "260: apply [] to " + ACKNOWLEDGED);
        assertThat(status.flushes()).isEqualTo(1);
    }

    /** What a lookup has read from the former primary may be filled until its event loop has heard of the new one. */
    @ParameterizedTest
    @EnumSource(names = {"OLDER_THAN_SLOT", "ANOTHER_LOG", "LOST_CHANGES", "NOT_COMPARABLE"})
    void prepare_gapOfAnotherServer_flushesWhenAllLookupsHaveLeftThat(CacheContinuity gap) throws SQLException {
        prepare(gap);

        assertThat(diary)
                .startsWith("10: end leases", "1010: end leases")
                .anyMatch(event -> event.endsWith(": flush"))
                .noneMatch(event -> event.equals("10: flush"));
        assertThat(diary.getLast()).endsWith("apply [] to " + ACKNOWLEDGED);
        assertThat(status.flushes()).isEqualTo(1);
    }

    /** Few enough at once that Redis is not blocked. */
    @Test
    void prepare_lostWritesAreKnown_removesTheirUsersAndKeepsTheRest() throws SQLException {
        lost = Optional.of(
                IntStream.range(0, 51).mapToObj(i -> id("u" + i)).collect(Collectors.toCollection(LinkedHashSet::new)));

        prepare(CacheContinuity.BEHIND_SLOT);

        assertThat(diary).hasSize(3).noneMatch(event -> event.contains("flush"));
        assertThat(diary.get(0)).startsWith("10: apply [-u0 -u1 ").endsWith(" -u49]");
        assertThat(diary.subList(1, 3)).containsExactly("10: apply [-u50]", "10: apply [] to " + ACKNOWLEDGED);
        assertThat(status.flushes()).isZero();
    }

    @ParameterizedTest
    @EnumSource(names = "CONTINUED", mode = EnumSource.Mode.EXCLUDE)
    void prepare_lookupsAreNotBack_takesNothingAndLivesOn(CacheContinuity continuity) throws SQLException {
        lookupsAreBackAfter = Duration.ofSeconds(9);
        time.after(Duration.ofMillis(8_900), () -> {
            assertThat(diary).isEmpty();
            assertThat(status.reason())
                    .hasValueSatisfying(why -> assertThat(why).contains("lookups reach PostgreSQL"));
            assertThat(sink.beats()).isZero();
            assertThat(log.statuses()).isGreaterThan(15);
            assertThat(sink.signsOfLife()).isGreaterThan(15);
        });

        prepare(continuity);

        assertThat(diary).isNotEmpty();
    }

    /** Another instance may be better off; this one tries again. */
    @Test
    void prepare_lookupsDoNotComeBack_takesNothingAndMakesWay() {
        lookupsAreBackAfter = Duration.ofDays(1);

        assertThatThrownBy(() -> prepare(CacheContinuity.LOST_CHANGES))
                .isInstanceOfSatisfying(
                        SessionEndedException.class,
                        ended -> assertThat(ended.makesWay()).isTrue())
                .hasMessageContaining("lookups reach PostgreSQL");

        assertThat(diary).isEmpty();
        assertThat(time.passed()).isGreaterThanOrEqualTo(Duration.ofSeconds(10));
    }

    @Test
    void prepare_sessionIsOverMeanwhile_takesNothing() {
        lookupsAreBackAfter = Duration.ofDays(1);
        endsAfter = Duration.ofSeconds(3);

        assertThatThrownBy(() -> prepare(CacheContinuity.FAILED_OVER)).hasMessage("over");

        assertThat(diary).isEmpty();
    }

    /** As of a row that the driver cannot read, each time anew. */
    @Test
    void prepare_failedOver_whatCannotBeCompared_isFlushed() throws SQLException {
        comparison = keepAlive -> {
            throw new SQLException("invalid byte sequence", "22021");
        };

        prepare(CacheContinuity.FAILED_OVER);

        assertFlushedInPlaceOfComparison();
    }

    @Test
    void prepare_failedOver_comparisonTakesTooLong_isFlushed() throws SQLException {
        comparison = keepAlive -> {
            while (true) {
                time.pause(Duration.ofSeconds(1));
                keepAlive.run();
            }
        };

        prepare(CacheContinuity.FAILED_OVER);

        assertFlushedInPlaceOfComparison();
        assertThat(time.passed()).isBetween(Duration.ofSeconds(30), Duration.ofSeconds(32));
        assertThat(sink.signsOfLife()).isGreaterThan(25);
    }

    /** As of a table that is locked, or a query that takes too long: the next session may be luckier, but not for ever. */
    @Test
    void prepare_failedOver_comparisonFailsAgainAndAgain_isFlushedInTheEnd() throws SQLException {
        comparison = keepAlive -> {
            time.pause(Duration.ofSeconds(5));
            throw new SQLException("canceling statement due to user request", "57014");
        };
        int failed = 0;
        while (!prepares()) {
            failed++;
            assertThat(diary).noneMatch(line -> line.contains("flush") || line.contains("clear"));
            diary.clear();
        }

        assertThat(failed).isEqualTo(5);
        assertFlushedInPlaceOfComparison();
    }

    private boolean prepares() {
        try {
            prepare(CacheContinuity.FAILED_OVER);
            return true;
        } catch (SQLException failure) {
            return false;
        }
    }

    private void assertFlushedInPlaceOfComparison() {
        assertThat(diary.stream().map(line -> line.replaceFirst("^[0-9]+: ", "")))
                .containsExactly(
                        "end leases",
                        "end leases",
                        "clear position",
                        "continue with " + LOG,
                        "clear position",
                        "flush",
                        "flush",
                        "apply [] to " + ACKNOWLEDGED);
    }

    /** The next session compares again: nothing is lost but time. */
    @Test
    void prepare_failedOver_databaseFailsMeanwhile_keepsWhatIsCached() {
        comparison = keepAlive -> {
            throw new SQLException("terminating connection", "57P01");
        };

        assertThatThrownBy(() -> prepare(CacheContinuity.FAILED_OVER)).isInstanceOf(SQLException.class);

        assertThat(diary).noneMatch(line -> line.contains("flush") || line.contains("clear"));
    }

    @Test
    void prepare_failedOver_sessionIsOverMeanwhile_endsTheComparison() {
        endsAfter = Duration.ofSeconds(3);
        comparison = keepAlive -> {
            while (true) {
                time.pause(Duration.ofSeconds(1));
                keepAlive.run();
            }
        };

        assertThatThrownBy(() -> prepare(CacheContinuity.FAILED_OVER)).hasMessage("over");

        assertThat(time.passed()).isLessThan(Duration.ofSeconds(5));
        assertThat(diary).noneMatch(line -> line.contains("flush"));
    }

    @Test
    void prepare_nothingIsCached_doesNotWait() throws SQLException {
        sink.empty();
        lookupsAreBackAfter = Duration.ofDays(1);

        prepare(CacheContinuity.UNKNOWN_POSITION);

        assertThat(diary).contains("0: flush");
        assertThat(trials).isZero();
    }
}
