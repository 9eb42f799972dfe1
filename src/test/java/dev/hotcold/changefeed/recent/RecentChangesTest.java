package dev.hotcold.changefeed.recent;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.changefeed.apply.ScriptedSink;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.freshness.UserChange;
import dev.hotcold.testkit.ManualBlockingTime;
import dev.hotcold.user.UserId;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a hot store that has fallen back lacks is known, or that it is not known. */
class RecentChangesTest {

    private static final String LOG = "the log";

    private final ManualBlockingTime time = new ManualBlockingTime();
    private final RecentChanges recent = new RecentChanges(time);
    private final ChangeSink sink = recent.recorded(new ScriptedSink(time, new ArrayList<>()));

    @BeforeEach
    void takeOver() {
        sink.takeOver(LOG);
    }

    private static UserId id(String text) {
        return (UserId) UserId.parse(text);
    }

    private void apply(@Nullable Long position, String... ids) {
        List<UserChange> changes = Stream.of(ids)
                .<UserChange>map(id -> new UserChange.Outdated(id(id)))
                .toList();
        var _ = sink.apply(changes, true, Duration.ZERO, position == null ? null : new Lsn(position));
    }

    private Optional<Set<UserId>> since(long position, long confirmed) {
        return recent.since(
                new ChangeSink.Applied(LOG, Optional.of(new Lsn(position)), sink.session()), new Lsn(confirmed));
    }

    private static Set<UserId> users(String... ids) {
        return new HashSet<>(Stream.of(ids).map(RecentChangesTest::id).toList());
    }

    @Test
    void since_anyPosition_isWhatWasAppliedWhileTheHotStoreHadThat() {
        recent.begin(LOG, new Lsn(5), "another");
        apply(10L, "a");
        apply(null, "b");
        apply(20L, "c");
        apply(null, "d");

        assertThat(since(20, 20)).contains(users("d"));
        assertThat(since(10, 20)).contains(users("b", "c", "d"));
        assertThat(since(5, 20)).contains(users("a", "b", "c", "d"));
        assertThat(since(4, 20)).isEmpty();
    }

    @Test
    void since_confirmedByAnotherInstance_isNotKnown() {
        recent.begin(LOG, new Lsn(5), "another");
        apply(10L, "a");

        assertThat(since(5, 10)).isPresent();
        assertThat(since(5, 11)).isEmpty();
    }

    @Test
    void since_positionOfAnotherLog_isNotKnown() {
        recent.begin(LOG, new Lsn(5), "another");
        apply(10L, "a");

        assertThat(recent.since(
                        new ChangeSink.Applied("another", Optional.of(new Lsn(5)), sink.session()), new Lsn(10)))
                .isEmpty();
        assertThat(recent.since(new ChangeSink.Applied(LOG, Optional.empty(), sink.session()), new Lsn(10)))
                .isEmpty();
    }

    /** It may lie amid what was one batch here. */
    @Test
    void since_positionNotedByAnotherInstance_isNotKnown() {
        recent.begin(LOG, new Lsn(5), "another");
        apply(20L, "a", "b");

        assertThat(recent.since(new ChangeSink.Applied(LOG, Optional.of(new Lsn(15)), "another"), new Lsn(20)))
                .isEmpty();
        assertThat(since(15, 20)).isPresent();
    }

    /** The replica has all before that note, and what came after it was applied here. */
    @Test
    void since_positionThatThisInstanceWentOnFrom_isKnownWhoeverNotedIt() {
        recent.begin(LOG, new Lsn(5), "another");
        apply(20L, "a");

        assertThat(recent.since(new ChangeSink.Applied(LOG, Optional.of(new Lsn(5)), "another"), new Lsn(20)))
                .contains(users("a"));
    }

    @Test
    void since_positionOfWhatWasFlushed_isNotKnown() {
        recent.begin(LOG, new Lsn(5), "");
        apply(20L, "a");

        assertThat(recent.since(new ChangeSink.Applied(LOG, Optional.of(new Lsn(5)), "another"), new Lsn(20)))
                .isEmpty();
        assertThat(recent.since(new ChangeSink.Applied(LOG, Optional.of(new Lsn(5)), ""), new Lsn(20)))
                .isEmpty();
    }

    @Test
    void since_goneOnByAnotherInstance_isKnownFromThere() {
        recent.begin(LOG, new Lsn(5), "another");
        apply(10L, "a");
        recent.begin(LOG, new Lsn(30), "another");
        apply(40L, "b");

        assertThat(since(10, 40)).isEmpty();
        assertThat(since(30, 40)).contains(users("b"));
    }

    @Test
    void since_goneOnWhereItStood_isKnownFromBefore() {
        recent.begin(LOG, new Lsn(5), "another");
        apply(10L, "a");
        recent.begin(LOG, new Lsn(10), "another");
        apply(20L, "b");

        assertThat(since(5, 20)).contains(users("a", "b"));
    }

    /** A replica may have the position of before, and all the users. */
    @Test
    void since_flushed_isKnownFromThere() {
        recent.begin(LOG, new Lsn(5), "another");
        apply(10L, "a");
        sink.flush(() -> {});
        apply(20L);
        apply(30L, "b");

        assertThat(since(10, 30)).isEmpty();
        assertThat(since(20, 30)).contains(users("b"));
    }

    @Test
    void since_oldChanges_areKnownNoLonger() {
        recent.begin(LOG, new Lsn(5), "another");
        apply(10L, "a");
        apply(null, "b");
        time.pause(RecentChanges.KEPT.plusMillis(1));
        apply(20L, "c");

        assertThat(since(5, 20)).isEmpty();
        assertThat(since(10, 20)).isEmpty();
        assertThat(since(20, 20)).contains(users());
    }

    @Test
    void since_moreThanIsKept_isNotKnown() {
        recent.begin(LOG, new Lsn(5), "another");
        String[] many = IntStream.range(0, RecentChanges.MOST_USERS)
                .mapToObj(i -> "u" + i)
                .toArray(String[]::new);
        apply(10L, many);
        assertThat(since(5, 10).orElseThrow()).hasSize(RecentChanges.MOST_USERS);

        apply(20L, "more");

        assertThat(since(5, 20)).isEmpty();
        assertThat(since(10, 20)).contains(users("more"));
    }

    /**
     * Whatever the hot store has of what was written, to the last command: each user that is newer in the database than there is named,
     * or it is said that this is not known.
     */
    @Test
    void since_anyBeginningOfWhatWasWritten_namesEachUserThatIsMissing() {
        Random random = new Random(1);
        int known = 0;
        for (int round = 0; round < 500; round++) {
            long start = 100L * (round + 1);
            recent.begin(LOG, new Lsn(start), "another");
            List<Set<UserId>> applied = new ArrayList<>();
            List<Long> positions = new ArrayList<>(List.of(start));
            int commands = random.nextInt(1, 12);
            for (int i = 0; i < commands; i++) {
                String[] ids = IntStream.range(0, random.nextInt(3))
                        .mapToObj(_ -> "u" + random.nextInt(8))
                        .distinct()
                        .toArray(String[]::new);
                Long position = random.nextBoolean() ? start + i + 1 : null;
                apply(position, ids);
                applied.add(users(ids));
                positions.add(position == null ? positions.getLast() : position);
                time.pause(Duration.ofMillis(random.nextInt(8_000)));
            }
            int kept = random.nextInt(commands + 1);
            Set<UserId> missing = new HashSet<>();
            applied.subList(kept, commands).forEach(missing::addAll);

            Optional<Set<UserId>> named = since(positions.get(kept), positions.getLast());

            known += named.isPresent() ? 1 : 0;
            named.ifPresent(users -> assertThat(users).containsAll(missing));
        }
        assertThat(known).isGreaterThan(100);
    }
}
