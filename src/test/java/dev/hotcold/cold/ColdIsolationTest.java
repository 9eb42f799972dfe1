package dev.hotcold.cold;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.cold.pool.PoolSettings;
import dev.hotcold.cold.pool.QueryOutcome;
import dev.hotcold.cold.pool.ScriptedPostgres;
import dev.hotcold.cold.pool.ScriptedPostgres.ScriptedConnection;
import dev.hotcold.cold.pool.UserRow;
import dev.hotcold.lookup.ColdRead;
import dev.hotcold.lookup.RequestBudget;
import dev.hotcold.testkit.LoggedWarnings;
import dev.hotcold.testkit.ManualTime;
import dev.hotcold.testkit.SilentObserver;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A row that cannot be read, or too long an answer, costs only the reads that it concerns. */
class ColdIsolationTest {

    private static final Duration BUDGET = Duration.ofMillis(300);
    private static final String PROBLEM = "replied with an error: invalid byte sequence (22021)";

    private final ManualTime time = new ManualTime();
    private final ScriptedPostgres postgres = new ScriptedPostgres();
    private final PostgresColdStore store = new PostgresColdStore(
            postgres,
            new PoolSettings(1, Duration.ofMinutes(10), Duration.ZERO, Duration.ZERO),
            1,
            new RequestBudget(BUDGET),
            time,
            new SilentObserver());
    private final ScriptedConnection connection = connect();

    /** Rows that cannot be read. */
    private final Set<String> bad = new HashSet<>();

    private long rowBytes = 100;

    private ScriptedConnection connect() {
        store.open();
        ScriptedConnection opened = postgres.accept();
        time.endTurn();
        return opened;
    }

    @Test
    void read_oneRowOf256CannotBeRead_onlyItFails() {
        bad.add("u200");

        Map<String, Future<ColdRead>> reads = readAll(256);

        assertOnlyFailed(reads, bad);
        assertThat(connection.queries()).hasSizeLessThanOrEqualTo(1 + 2 * 8);
        assertThat(store.health().isDegraded()).isFalse();
    }

    @Test
    void read_anyRowsCannotBeRead_onlyTheyFail() {
        Random random = new Random(7);
        for (int round = 0; round < 50; round++) {
            bad.clear();
            int size = 1 + random.nextInt(256);
            for (int i = random.nextInt(6); i > 0; i--) {
                bad.add("r" + round + "u" + random.nextInt(size));
            }

            assertOnlyFailed(readAll("r" + round, size), bad);
            // So many searches at once are too many.
            time.pass(Duration.ofSeconds(1));
        }
    }

    @Test
    void read_sameRowAgain_isReadByItselfAndCostsOthersNothing() {
        bad.add("u3");
        readAll(8);
        int before = connection.queries().size();

        Map<String, Future<ColdRead>> reads = readAll(8);

        assertOnlyFailed(reads, bad);
        assertThat(connection.queries().subList(before, connection.queries().size()))
                .containsExactlyInAnyOrder(List.of("u3"), List.of("u0", "u1", "u2", "u4", "u5", "u6", "u7"));
    }

    @Test
    void read_rowThatIsReadByItself_isTakenByTurnsWithTheOthers() {
        bad.add("u3");
        readAll(8);
        int before = connection.queries().size();

        for (int i = 0; i < 4; i++) {
            store.read(id("u3"));
            store.read(id("v" + i));
        }
        serve();

        List<List<String>> queries =
                connection.queries().subList(before, connection.queries().size());
        assertThat(queries.indexOf(List.of("v0", "v1", "v2", "v3"))).isBetween(0, 1);
    }

    @Test
    void read_rowThatIsReadByItself_isMendedAndSharesQueriesAgain() {
        bad.add("u3");
        readAll(8);
        bad.clear();
        readAll(8);

        readAll(8);

        assertThat(connection.lastQuery()).hasSize(8);
    }

    @Test
    void read_rowThatWasReadByItself_isForgottenAfterAWhile() {
        bad.add("u3");
        readAll(8);
        time.pass(Duration.ofSeconds(31));
        serve();
        int before = connection.queries().size();

        assertOnlyFailed(readAll(8), bad);

        assertThat(connection.queries().get(before)).hasSize(8);
    }

    @Test
    void read_noRowCanBeRead_endsSoonAndIsNotTriedAgainAtOnce() {
        for (int i = 0; i < 256; i++) {
            bad.add("u" + i);
        }

        Map<String, Future<ColdRead>> reads = readAll(256);

        assertOnlyFailed(reads, bad);
        assertThat(connection.queries()).hasSizeLessThan(60);
        assertThat(store.health().reason()).hasValue(PROBLEM);
        int before = connection.queries().size();
        assertOnlyFailed(readAll(256), bad);
        assertThat(connection.queries()).hasSize(before + 1);
    }

    @Test
    void read_noRowCouldBeReadAWhileAgo_isDividedAgain() {
        for (int i = 0; i < 256; i++) {
            bad.add("u" + i);
        }
        readAll(256);
        time.pass(Duration.ofMillis(1100));
        serve();
        bad.retainAll(Set.of("u1"));

        assertOnlyFailed(readAll(256), bad);
    }

    @Test
    void read_oneRowAlone_saysWhatIsTheMatter() {
        bad.add("u0");

        readAll(1);

        assertThat(store.health().reason()).hasValue(PROBLEM);
    }

    @Test
    void read_oneRowAloneWhileOthersAreAnswered_isReadByItselfAndDoesNotDegrade() {
        readAll("v", 3);
        bad.add("u0");

        assertOnlyFailed(readAll(1), bad);

        assertThat(store.health().isDegraded()).isFalse();
        int before = connection.queries().size();
        assertOnlyFailed(readAll(3), bad);
        assertThat(connection.queries().subList(before, connection.queries().size()))
                .containsExactlyInAnyOrder(List.of("u0"), List.of("u1", "u2"));
    }

    @Test
    void read_oneRowAloneLongAfterOthersWereAnswered_degrades() {
        readAll("v", 3);
        bad.add("u0");
        time.pass(Duration.ofSeconds(5));

        readAll(1);

        assertThat(store.health().reason()).hasValue(PROBLEM);
    }

    @Test
    void read_noRowCanBeReadThoughOthersWereAnsweredBefore_degrades() {
        readAll("v", 3);
        for (int i = 0; i < 256; i++) {
            bad.add("u" + i);
        }

        assertOnlyFailed(readAll(256), bad);

        assertThat(store.health().reason()).hasValue(PROBLEM);
        store.health().recovered();
        readAll(1);
        assertThat(store.health().reason()).hasValue(PROBLEM);
    }

    @Test
    void read_searchUnderWay_everySecondQueryIsForFreshReads() {
        bad.addAll(Set.of("u20", "u100", "u200"));
        ids("u", 256).forEach(id -> store.read(id(id)));
        time.endTurn();
        connection.end(new QueryOutcome.RowError(PROBLEM));
        ids("v", 10).forEach(id -> store.read(id(id)));
        time.endTurn();
        connection.end(new QueryOutcome.RowError(PROBLEM));
        time.endTurn();

        assertThat(connection.queries().subList(1, 3)).contains(ids("v", 10));
    }

    /** One of a hundred, under load: fresh ids all the time, in one and the same moment. */
    @Test
    void read_manyRowsCannotBeRead_searchesAreBoundedAndMostOthersAreAnswered() {
        int rounds = 60;
        long answered = 0;
        try (LoggedWarnings log = LoggedWarnings.begin()) {
            for (int round = 0; round < rounds; round++) {
                for (int i = round % 100; i < 256; i += 100) {
                    bad.add("r" + round + "u" + i);
                }
                answered += readAll("r" + round, 256).values().stream()
                        .filter(Future::succeeded)
                        .count();
            }

            assertThat(log.lines()).anyMatch(line -> line.contains("Too many users cannot be read from PostgreSQL"));
        }
        int undivided = rounds * 256 / 16;
        assertThat(connection.queries()).hasSizeLessThanOrEqualTo(undivided + 2 * 128);
        assertThat(answered).isGreaterThan(rounds * 256 * 3 / 4);
        assertThat(store.health().isDegraded()).isFalse();
    }

    @Test
    void read_manyRowsCouldNotBeReadAWhileAgo_areSearchedAgain() {
        for (int round = 0; round < 40; round++) {
            bad.add("r" + round + "u7");
            bad.add("r" + round + "u177");
            readAll("r" + round, 256);
        }
        time.pass(Duration.ofSeconds(1));
        bad.add("u3");

        assertOnlyFailed(
                readAll(256), bad.stream().filter(id -> id.equals("u3")).collect(Collectors.toSet()));
    }

    @Test
    void read_rowThatIsReadByItselfAskedForSeveralTimes_takesOneQuery() {
        bad.add("u3");
        readAll(8);
        int before = connection.queries().size();

        List<Future<ColdRead>> reads = List.of(store.read(id("u3")), store.read(id("u3")), store.read(id("u3")));
        serve();

        assertThat(reads).allMatch(Future::failed);
        assertThat(connection.queries().subList(before, connection.queries().size()))
                .containsExactly(List.of("u3"));
    }

    /** Each query takes 40 ms of 300, whatever it asks for: a read that waits behind two others is in time, parts included. */
    @ParameterizedTest
    @CsvSource({"false, 3", "true, 2"})
    void read_manyThatAreReadByThemselvesWait_areShedAndOthersAreNot(boolean partWaits, int accepted) {
        for (int i = 0; i < 20; i++) {
            bad.add("u" + 12 * i);
        }
        readAll(256);
        for (int i = 0; i < 160; i++) {
            ids("v", 1 + i % 40).forEach(id -> store.read(id(id)));
            time.pass(Duration.ofMillis(40));
            connection.answerAll();
        }
        ids("w", 2).forEach(id -> store.read(id(id)));
        time.endTurn();
        if (partWaits) {
            connection.end(new QueryOutcome.RowError(PROBLEM));
            time.endTurn();
        }

        List<Future<ColdRead>> alone =
                bad.stream().map(id -> store.read(id(id))).toList();
        Future<ColdRead> fresh = store.read(id("fresh"));

        assertThat(alone).filteredOn(read -> !read.isComplete()).hasSize(accepted);
        assertThat(fresh.isComplete()).isFalse();
    }

    @Test
    void read_partsAreNoLongerWanted_noQueryWithoutIdsIsSent() {
        List<Future<ColdRead>> reads =
                ids("u", 8).stream().map(id -> store.read(id(id))).toList();
        time.pass(BUDGET.minusMillis(1));
        connection.end(new QueryOutcome.RowError(PROBLEM));
        time.endTurn();
        assertThat(connection.lastQuery()).hasSize(4);
        time.pass(Duration.ofMillis(2));

        connection.answerAll();
        time.endTurn();

        assertThat(connection.queries()).hasSize(2);
        assertThat(reads).allMatch(Future::isComplete);
        store.read(id("v"));
        time.endTurn();
        assertThat(connection.lastQuery()).containsExactly("v");
    }

    @Test
    void read_oneRowAmongOthers_isLoggedWithoutItsId() {
        bad.add("u3");
        try (LoggedWarnings log = LoggedWarnings.begin()) {
            readAll(8);

            assertThat(log.lines())
                    .singleElement()
                    .asString()
                    .endsWith("Some users cannot be read from PostgreSQL: " + PROBLEM);
        }
    }

    @Test
    void read_errorOfTheTable_isNotDivided() {
        List<Future<ColdRead>> reads =
                ids("u", 8).stream().map(id -> store.read(id(id))).toList();
        time.endTurn();

        connection.end(new QueryOutcome.ErrorReply("the table is missing"));
        time.endTurn();

        assertThat(reads).allMatch(Future::failed);
        assertThat(connection.queries()).hasSize(1);
    }

    @Test
    void read_callersAreGone_isNotSentAgain() {
        List<Future<ColdRead>> reads =
                ids("u", 8).stream().map(id -> store.read(id(id))).toList();
        time.endTurn();
        time.pass(BUDGET);
        assertThat(reads).allMatch(Future::failed);

        connection.end(new QueryOutcome.RowError(PROBLEM));
        time.endTurn();

        assertThat(connection.queries()).hasSize(1);
    }

    @Test
    void read_noConnectionForTheRest_endsWithTheBudget() {
        List<Future<ColdRead>> reads =
                ids("u", 8).stream().map(id -> store.read(id(id))).toList();
        time.endTurn();

        connection.end(new QueryOutcome.RowError(PROBLEM));
        time.endTurn();
        connection.closeByServer();
        time.pass(BUDGET);

        assertThat(reads).allMatch(Future::failed);
    }

    @Test
    void read_answerIsCut_theRestIsReadInPartsThatFit() {
        List<Future<ColdRead>> reads =
                ids("u", 200).stream().map(id -> store.read(id(id))).toList();
        time.endTurn();
        int rows = 10;
        rowBytes = fitting() / rows;

        connection.answerInPart(fitting(), connection.lastQuery().subList(0, rows));
        serve();

        assertThat(reads).allMatch(Future::succeeded);
        assertThat(connection.queries().subList(1, connection.queries().size()))
                .allSatisfy(query -> assertThat(query).hasSizeLessThanOrEqualTo(rows));
        assertThat(store.health().isDegraded()).isFalse();
    }

    @Test
    void read_answersWereLong_theNextQueriesHaveFewerIds() {
        ids("u", 8).forEach(id -> store.read(id(id)));
        time.endTurn();
        connection.end(new QueryOutcome.Answered(List.of(), fitting()));

        ids("v", 100).forEach(id -> store.read(id(id)));
        time.endTurn();

        assertThat(connection.lastQuery()).hasSizeBetween(4, 8);
    }

    @Test
    void read_rowLongerThanAnAnswerMayBe_failsAlone() {
        List<Future<ColdRead>> reads =
                ids("u", 8).stream().map(id -> store.read(id(id))).toList();
        time.endTurn();
        connection.answerInPart(100, List.of("u0", "u1", "u2", "u4", "u5", "u6"));
        time.endTurn();
        assertThat(connection.lastQuery()).containsExactly("u3", "u7");
        connection.answerInPart(0, List.of());
        time.endTurn();
        assertThat(connection.lastQuery()).containsExactly("u3");
        connection.answerInPart(0, List.of());
        time.endTurn();
        connection.answerAll();

        assertThat(reads.get(3).failed()).isTrue();
        assertThat(reads).filteredOn(Future::succeeded).hasSize(7);
        assertThat(store.health().isDegraded()).isFalse();
    }

    private static long fitting() {
        return Math.clamp(Runtime.getRuntime().maxMemory() / 64, 1 << 20, 16 << 20);
    }

    private Map<String, Future<ColdRead>> readAll(int number) {
        return readAll("", number);
    }

    private Map<String, Future<ColdRead>> readAll(String prefix, int number) {
        Map<String, Future<ColdRead>> reads = new LinkedHashMap<>();
        ids(prefix + "u", number).forEach(id -> reads.put(id, store.read(id(id))));
        serve();
        return reads;
    }

    /** PostgreSQL answers until nothing is asked any more. */
    private void serve() {
        time.endTurn();
        while (connection.isBusy()) {
            if (connection.lastQuery().stream().anyMatch(bad::contains)) {
                connection.end(new QueryOutcome.RowError(PROBLEM));
            } else {
                List<UserRow> rows = connection.lastQuery().stream()
                        .map(id -> new UserRow(id, "", ""))
                        .toList();
                connection.end(new QueryOutcome.Answered(rows, rowBytes * rows.size()));
            }
            time.endTurn();
        }
    }

    private static void assertOnlyFailed(Map<String, Future<ColdRead>> reads, Set<String> bad) {
        List<String> failed = new ArrayList<>();
        reads.forEach((id, read) -> {
            assertThat(read.isComplete()).isTrue();
            if (read.failed()) {
                failed.add(id);
            }
        });
        assertThat(failed).containsExactlyInAnyOrderElementsOf(bad);
    }

    private static List<String> ids(String prefix, int number) {
        return IntStream.range(0, number).mapToObj(i -> prefix + i).toList();
    }

    private static UserId id(String id) {
        return (UserId) UserId.parse(id);
    }
}
