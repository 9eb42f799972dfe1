package dev.hotcold.changefeed.apply;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.freshness.UserChange;
import dev.hotcold.testkit.ManualBlockingTime;
import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Each test reads the hot store's diary, with acknowledgements among it: what came when, in milliseconds. */
class ApplyPipelineTest {

    private static final int TRANSACTION = 7;
    private static final Lsn FIRST = new Lsn(0x10);
    private static final Lsn SECOND = new Lsn(0x20);
    private static final Lsn THIRD = new Lsn(0x30);

    private final ManualBlockingTime time = new ManualBlockingTime();
    private final ScriptedSnapshots snapshots = new ScriptedSnapshots();
    private final List<String> diary = new ArrayList<>();
    private final ScriptedSink sink = new ScriptedSink(time, diary);
    private int keptAlive;
    private int applied;
    private int flushed;
    private final ApplyListener listener = new ApplyListener() {
        @Override
        public void applied(int changes) {
            applied += changes;
        }

        @Override
        public void flushed(long users, String why) {
            flushed++;
        }

        @Override
        public void lag(Duration lag) {
            throw new AssertionError("not the pipeline's");
        }
    };
    private final ApplyPipeline pipeline = new ApplyPipeline(
            sink,
            snapshots,
            listener,
            position -> diary.add(time.passed().toMillis() + ": acknowledge " + position),
            () -> keptAlive++,
            time);

    private void send(int transaction, @Nullable Lsn position, String... users) throws SQLException {
        pipeline.begin(transaction);
        if (users.length > 0) {
            pipeline.changesUsers();
        }
        List<UserChange> changes = Arrays.stream(users)
                .<UserChange>map(id -> new UserChange.Stored(new User((UserId) UserId.parse(id), "d", "p")))
                .toList();
        pipeline.send(changes, true, position);
    }

    private static Duration millis(int millis) {
        return Duration.ofMillis(millis);
    }

    @Test
    void send_thirdBatch_waitsUntilTheFirstIsApplied() throws SQLException {
        sink.holdReplies();
        send(1, FIRST, "a");
        send(2, SECOND, "b");
        time.after(millis(300), () -> sink.reply(0));

        send(3, THIRD, "c");

        assertThat(diary)
                .containsExactly(
                        "0: apply [+a] refresh to 0/10",
                        "0: apply [+b] refresh to 0/20",
                        "300: acknowledge 0/10",
                        "300: apply [+c] refresh to 0/30");
        assertThat(keptAlive).as("while it waited").isBetween(2, 3);
        assertThat(applied).isEqualTo(1);
    }

    @Test
    void settle_laterBatchIsAppliedFirst_acknowledgesInOrder() throws SQLException {
        sink.holdReplies();
        send(1, FIRST, "a");
        send(2, SECOND, "b");
        sink.reply(1);

        pipeline.settle();
        assertThat(diary).noneMatch(event -> event.contains("acknowledge"));
        assertThat(pipeline.isIdle()).isFalse();
        sink.reply(0);
        pipeline.settle();

        assertThat(diary).endsWith("0: acknowledge 0/10", "0: acknowledge 0/20");
        assertThat(pipeline.isIdle()).isTrue();
        assertThat(applied).isEqualTo(2);
    }

    @Test
    void settle_noReplyYet_doesNotWait() throws SQLException {
        sink.holdReplies();
        send(1, FIRST, "a");

        pipeline.settle();

        assertThat(time.passed()).isZero();
        assertThat(diary).containsExactly("0: apply [+a] refresh to 0/10");
    }

    @Test
    void settle_batchAmidATransaction_acknowledgesNothing() throws SQLException {
        send(1, null, "a");

        pipeline.settle();

        assertThat(diary).containsExactly("0: apply [+a] refresh");
    }

    @Test
    void send_noChanges_takesNoSnapshot() throws SQLException {
        snapshots.hide(1);
        send(1, FIRST);

        pipeline.settle();

        assertThat(diary).containsExactly("0: apply [] refresh to 0/10", "0: acknowledge 0/10");
        assertThat(snapshots.taken()).isZero();
    }

    @Test
    void send_commitIsNotSeenYet_waitsForIt() throws SQLException {
        snapshots.hide(TRANSACTION);
        time.after(millis(100), () -> snapshots.show(TRANSACTION));

        send(TRANSACTION, FIRST, "a");

        assertThat(diary).containsExactly("100: apply [+a] refresh to 0/10");
    }

    /** Who reads at 400 may have read the old user at 300: so it is removed once more, and only then done with. */
    @Test
    void settle_commitIsSeenAfterItWasApplied_isAppliedAgainBeforeTheAcknowledgement() throws SQLException {
        snapshots.hide(TRANSACTION);

        send(TRANSACTION, FIRST, "a", "b");
        pipeline.settle();
        time.pause(millis(150));
        snapshots.show(TRANSACTION);
        pipeline.settle();

        assertThat(diary)
                .containsExactly(
                        "250: apply [+a +b] refresh hold 250",
                        "400: apply [-a -b]",
                        "400: apply [] to 0/10",
                        "400: acknowledge 0/10");
        assertThat(applied).as("counted once").isEqualTo(2);
    }

    @Test
    void settle_seenBatchBehindAnUnseenOne_isNotAcknowledgedBefore() throws SQLException {
        snapshots.hide(TRANSACTION);
        send(TRANSACTION, FIRST, "a");
        send(8, SECOND, "b");

        pipeline.settle();
        assertThat(diary).noneMatch(event -> event.contains("acknowledge"));
        snapshots.show(TRANSACTION);
        pipeline.settle();

        assertThat(diary)
                .endsWith("250: apply [-a]", "250: apply [] to 0/20", "250: acknowledge 0/10", "250: acknowledge 0/20");
    }

    @Test
    void settle_laterUnseenCommitIsSeenFirst_isRemovedAndNotAcknowledgedBefore() throws SQLException {
        snapshots.hide(TRANSACTION);
        snapshots.hide(8);
        send(TRANSACTION, FIRST, "a");
        send(8, SECOND, "b");
        snapshots.show(8);

        pipeline.settle();
        assertThat(diary).endsWith("500: apply [-b]").noneMatch(event -> event.contains("acknowledge"));
        snapshots.show(TRANSACTION);
        pipeline.settle();

        assertThat(diary)
                .endsWith("500: apply [-a]", "500: apply [] to 0/20", "500: acknowledge 0/10", "500: acknowledge 0/20");
    }

    /** As a commit that waits for a standby which is away: nobody sees it, so that nothing lacks it. */
    @Test
    void isDoneUpTo_commitStaysUnseen_afterTheNextLook() throws SQLException {
        snapshots.hide(TRANSACTION);
        send(TRANSACTION, FIRST, "a");
        long before = pipeline.looks();

        assertThat(pipeline.isDoneUpTo(pipeline.lastSent(), before)).isFalse();
        pipeline.settle();

        assertThat(pipeline.isDoneUpTo(pipeline.lastSent(), before)).isTrue();
        assertThat(pipeline.isDoneUpTo(pipeline.lastSent(), pipeline.looks())).isFalse();
        assertThat(diary).noneMatch(event -> event.contains("acknowledge"));
    }

    /** One commit of a batch is seen, and another not yet: the users of the first may have been filled without it. */
    @Test
    void settle_oneOfTwoUnseenCommitsOfABatchIsSeen_itsUsersAreRemovedAtOnceAndAgain() throws SQLException {
        snapshots.hide(TRANSACTION);
        snapshots.hide(8);
        pipeline.begin(TRANSACTION);
        pipeline.changesUsers();
        send(8, SECOND, "a", "b");
        snapshots.show(8);

        pipeline.settle();
        assertThat(diary).endsWith("250: apply [-a -b]");
        pipeline.settle();
        assertThat(diary).as("not for each look").hasSize(2);
        snapshots.show(TRANSACTION);
        pipeline.settle();

        assertThat(diary)
                .endsWith("250: apply [-a -b]", "250: apply [-a -b]", "250: apply [] to 0/20", "250: acknowledge 0/20");
    }

    @Test
    void settle_unseenBatchInFlight_acknowledgesOnlyWhenItIsAppliedToo() throws SQLException {
        snapshots.hide(TRANSACTION);
        sink.holdReplies();
        send(TRANSACTION, FIRST, "a");
        sink.replyAtOnce();
        snapshots.show(TRANSACTION);

        pipeline.settle();
        assertThat(diary).noneMatch(event -> event.contains("acknowledge"));
        sink.reply(0);
        pipeline.settle();

        assertThat(diary).endsWith("250: acknowledge 0/10");
    }

    @Test
    void settle_secondApplicationFails_acknowledgesNothing() throws SQLException {
        snapshots.hide(TRANSACTION);
        send(TRANSACTION, FIRST, "a");
        snapshots.show(TRANSACTION);
        sink.holdReplies();
        time.after(millis(10), () -> sink.fail(1, new HotStoreException("Redis: gone")));

        assertThatThrownBy(pipeline::settle).isInstanceOf(HotStoreException.class);

        assertThat(diary).noneMatch(event -> event.contains("acknowledge"));
    }

    @Test
    void settle_batchIsRefused_endsTheSession() throws SQLException {
        sink.holdReplies();
        send(1, FIRST, "a");
        sink.fail(0, new HotStoreException("another instance has taken over"));

        assertThatThrownBy(pipeline::settle)
                .isInstanceOf(HotStoreException.class)
                .hasMessage("another instance has taken over");

        assertThat(diary).noneMatch(event -> event.contains("acknowledge"));
        assertThat(applied).isZero();
    }

    @Test
    void settle_sinkIsBroken_endsTheSession() throws SQLException {
        sink.holdReplies();
        send(1, FIRST, "a");
        sink.fail(0, new IllegalStateException());

        assertThatExceptionOfType(SessionEndedException.class)
                .isThrownBy(pipeline::settle)
                .withMessageContaining("broken");
    }

    @Test
    void send_noReplyForFiveSeconds_endsTheSession() throws SQLException {
        sink.holdReplies();
        send(1, FIRST, "a");
        send(2, SECOND, "b");

        assertThatExceptionOfType(SessionEndedException.class)
                .isThrownBy(() -> send(3, THIRD, "c"))
                .withMessageContaining("no reply");

        assertThat(time.passed()).isBetween(millis(5000), millis(5100));
        assertThat(keptAlive).as("PostgreSQL gets a status meanwhile").isGreaterThanOrEqualTo(50);
        assertThat(diary).hasSize(2).noneMatch(event -> event.contains("acknowledge"));
    }

    @Test
    void send_replyIsSlow_waitsForIt() throws SQLException {
        sink.holdReplies();
        send(1, FIRST, "a");
        send(2, SECOND, "b");
        time.after(millis(4900), () -> sink.reply(0));

        send(3, THIRD, "c");

        assertThat(diary).endsWith("4900: acknowledge 0/10", "4900: apply [+c] refresh to 0/30");
    }

    @Test
    void truncate_batchesInFlight_areAppliedBeforeTheFlush() throws SQLException {
        sink.holdReplies();
        send(1, FIRST, "a");
        send(2, SECOND, "b");
        time.after(millis(20), () -> sink.reply(0));
        time.after(millis(50), () -> sink.reply(1));
        pipeline.begin(3);

        pipeline.flushAll("a TRUNCATE");

        assertThat(diary.subList(2, 5)).containsExactly("20: acknowledge 0/10", "50: acknowledge 0/20", "50: flush");
        assertThat(diary).hasSize(5);
        assertThat(flushed).isEqualTo(1);
    }

    @Test
    void truncate_commitIsNotSeenYet_waitsForIt() throws SQLException {
        snapshots.hide(TRANSACTION);
        time.after(millis(100), () -> snapshots.show(TRANSACTION));
        pipeline.begin(TRANSACTION);

        pipeline.flushAll("a TRUNCATE");

        assertThat(diary).containsExactly("100: flush");
    }

    @Test
    void truncate_commitStaysUnseen_flushesOnceMoreAfterTheHoldOff() throws SQLException {
        snapshots.hide(TRANSACTION);
        pipeline.begin(TRANSACTION);

        pipeline.flushAll("a TRUNCATE");

        assertThat(diary).containsExactly("250: flush", "500: flush");
        assertThat(flushed).isEqualTo(1);
    }

    @Test
    void resynchronise_always_clearsThePositionFirstAndSetsItLast() {
        pipeline.resynchronise(FIRST, "it is old");

        assertThat(diary).containsExactly("0: clear position", "0: flush", "250: flush", "250: apply [] to 0/10");
        assertThat(flushed).isEqualTo(1);
    }

    /** The next session finds no position, and flushes too. */
    @Test
    void resynchronise_secondFlushFails_leavesNoPosition() {
        sink.failFlushesAfter(1);

        assertThatThrownBy(() -> pipeline.resynchronise(FIRST, "it is old")).isInstanceOf(HotStoreException.class);

        assertThat(diary).containsExactly("0: clear position", "0: flush");
        assertThat(flushed).isZero();
    }
}
