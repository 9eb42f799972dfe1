package dev.hotcold.cold.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.cold.pool.QueryOutcome;
import dev.hotcold.user.UserId;
import io.vertx.pgclient.PgException;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PgProblemsTest {

    private static final String GRANT = "GRANT SELECT ON users TO api;";

    @ParameterizedTest
    @CsvSource({
        "42P01, the table \"users\" is missing: create it with `hotcold migrate`",
        "42501, the role may not read the table \"users\" (out of memory): as its owner: GRANT SELECT ON users TO api;",
        "53200, replied with an error: out of memory (53200)"
    })
    void outcome_errorReply_saysWhatToDo(String state, String problem) {
        assertThat(PgProblems.outcome(refusal("out of memory", state), "db", List.of(), GRANT))
                .isEqualTo(new QueryOutcome.ErrorReply(problem));
    }

    @Test
    void outcome_queryCancelled_isTold() {
        assertThat(PgProblems.outcome(refusal("canceling statement", "57014"), "db", List.of(), GRANT))
                .isEqualTo(new QueryOutcome.Cancelled("replied with an error: canceling statement (57014)"));
    }

    /** What a pooler has to say of itself ends the connection, and says nothing of a statement. */
    @Test
    void outcome_fatalError_isTheEndOfTheConnection() {
        PgException fatal = new PgException("query_wait_timeout", "FATAL", "08P01", "");

        assertThat(PgProblems.outcome(fatal, "db", List.of(), GRANT))
                .isEqualTo(new QueryOutcome.Disconnected("replied with an error: query_wait_timeout (08P01)"));
        assertThat(PgProblems.isOfTheStatement(fatal)).isFalse();
        assertThat(PgProblems.isOfAnotherSession(fatal)).isFalse();
    }

    @ParameterizedTest
    @CsvSource({"26000, true", "42P05, true", "08P01, true", "0A000, false", "42P01, false"})
    void isOfAnotherSession(String state, boolean expected) {
        assertThat(PgProblems.isOfAnotherSession(refusal("x", state))).isEqualTo(expected);
    }

    /** Users may be called as our own words are. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "42P01 | x | the table \"users\" is missing: create it with `hotcold migrate`",
                "42501 | x | the role may not read the table \"users\" (x): as its owner: GRANT SELECT ON users TO api;",
                "53200 | out of users | replied with an error: out of … (53200)",
                "42883 | no such error | replied with an error: no such … (42883)",
            })
    void outcome_idsThatAreOurWords_leaveThemAlone(String state, String said, String problem) {
        List<UserId> ids = ids("users", "missing", "migrate", "the", "error", "replied", "role", "53200", "42883");

        assertThat(PgProblems.outcome(refusal(said, state), "db", ids, GRANT))
                .isEqualTo(new QueryOutcome.ErrorReply(problem));
        assertThat(PgProblems.outcome(new IOException("Connection reset"), "db", ids("Connection"), GRANT))
                .isEqualTo(new QueryOutcome.Disconnected("not reachable: Connection reset"));
    }

    /** PostgreSQL calls a user as its own row does. */
    @ParameterizedTest
    @CsvSource({
        "007, no row for 7",
        "7, no row for 0007",
        "-007, no row for -7",
        "0, no row for 000",
        "-0, no row for 0",
        "ALICE, no row for alice",
        "alice-B, no row for Alice-b",
    })
    void outcome_idInAnotherSpelling_isLeftOut(String id, String said) {
        assertThat(PgProblems.outcome(refusal(said, "P0001"), "db", ids(id), GRANT))
                .isEqualTo(new QueryOutcome.RowError("replied with an error: no row for … (P0001)"));
    }

    private static List<UserId> ids(String... ids) {
        return Arrays.stream(ids).map(id -> (UserId) UserId.parse(id)).toList();
    }

    /** Each may come of what one row holds. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "22021", "22P05", "22012", "22P02", "21000", "23514", "2F005", "38000", "39004", "54000", "54001",
                "58030", "P0001", "P0002", "XX000", "XX001", "XX002", "UE001"
            })
    void outcome_errorOfARow_isOne(String state) {
        assertThat(PgProblems.outcome(refusal("bad", state), "db", List.of(), GRANT))
                .isEqualTo(new QueryOutcome.RowError("replied with an error: bad (" + state + ")"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0A000", "08P01", "25P02", "26000", "28000", "3D000", "40001", "42703", "42883", "53100", "53200",
                "55P03", "55006", "F0000", "HV000"
            })
    void outcome_errorOfTheTable_isNone(String state) {
        assertThat(PgProblems.outcome(refusal("bad", state), "db", List.of(), GRANT))
                .isInstanceOf(QueryOutcome.ErrorReply.class);
    }

    /** A function in a view may look at the row, and refuse. */
    @ParameterizedTest
    @ValueSource(strings = {"42501", "42P01", "0A000"})
    void outcome_errorWithinAFunction_mayBeOfARow(String state) {
        assertThat(PgProblems.outcome(withinAFunction(state), "db", List.of(), GRANT))
                .isEqualTo(new QueryOutcome.RowError("replied with an error: not this one (" + state + ")"));
    }

    @ParameterizedTest
    @CsvSource({"0A000, true", "26000, true", "42P05, true", "08P01, true", "42P01, false", "22021, false"})
    void isOfTheStatement_states(String state, boolean expected) {
        assertThat(PgProblems.isOfTheStatement(refusal("no", state))).isEqualTo(expected);
        assertThat(PgProblems.isOfTheStatement(withinAFunction(state))).isFalse();
    }

    @Test
    void outcome_veryLongText_endsWithItsState() {
        assertThat(((QueryOutcome.RowError)
                                PgProblems.outcome(refusal("x ".repeat(10_000), "P0001"), "db", List.of(), GRANT))
                        .problem())
                .hasSizeLessThan(600)
                .endsWith("… (P0001)");
    }

    private static PgException withinAFunction(String state) {
        String none = "";
        return new PgException(
                "not this one",
                "ERROR",
                state,
                none,
                none,
                none,
                none,
                none,
                "PL/pgSQL function refuse(text) line 1 at RAISE",
                none,
                none,
                none,
                none,
                none,
                none,
                none,
                none);
    }

    /** The server says so before it ends the connection. */
    @ParameterizedTest
    @ValueSource(strings = {"57P01", "57P02", "57P03", "57P05"})
    void outcome_serverEndsTheConnection_isADisconnection(String state) {
        assertThat(PgProblems.outcome(refusal("terminating connection", state), "db", List.of(), GRANT))
                .isEqualTo(
                        new QueryOutcome.Disconnected("replied with an error: terminating connection (" + state + ")"));
    }

    @Test
    void outcome_anythingElse_isADisconnection() {
        assertThat(PgProblems.outcome(new IOException("Connection reset"), "db", List.of(), GRANT))
                .isEqualTo(new QueryOutcome.Disconnected("not reachable: Connection reset"));
    }

    @Test
    void describe_connectTimedOut_saysSo() {
        assertThat(PgProblems.describe(new TimeoutException("timed out"), "db")).isEqualTo("could not connect in time");
    }

    /** A login needs another right than that to read the table. */
    @Test
    void describe_loginRefused_quotesPostgres() {
        assertThat(PgProblems.describe(refusal("permission denied for database \"x\"", "42501"), "db"))
                .isEqualTo("replied with an error: permission denied for database \"x\" (42501)");
    }

    private static PgException refusal(String message, String state) {
        return new PgException(message, "ERROR", state, "");
    }
}
