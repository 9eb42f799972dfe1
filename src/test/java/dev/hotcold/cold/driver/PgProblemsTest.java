package dev.hotcold.cold.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.cold.pool.QueryOutcome;
import io.vertx.pgclient.PgException;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PgProblemsTest {

    @ParameterizedTest
    @CsvSource({
        "42P01, the table \"users\" is missing: create it with `hotcold migrate`",
        "42501, the role may not read the table \"users\": grant it SELECT",
        "53200, replied with an error: out of memory (53200)"
    })
    void outcome_errorReply_saysWhatToDo(String state, String problem) {
        assertThat(PgProblems.outcome(refusal("out of memory", state), "db", List.of()))
                .isEqualTo(new QueryOutcome.ErrorReply(problem));
    }

    @Test
    void outcome_queryCancelled_isTold() {
        assertThat(PgProblems.outcome(refusal("canceling statement", "57014"), "db", List.of()))
                .isEqualTo(new QueryOutcome.Cancelled("replied with an error: canceling statement (57014)"));
    }

    /** The server says so before it ends the connection. */
    @ParameterizedTest
    @ValueSource(strings = {"57P01", "57P02", "57P03", "57P05"})
    void outcome_serverEndsTheConnection_isADisconnection(String state) {
        assertThat(PgProblems.outcome(refusal("terminating connection", state), "db", List.of()))
                .isEqualTo(
                        new QueryOutcome.Disconnected("replied with an error: terminating connection (" + state + ")"));
    }

    @Test
    void outcome_anythingElse_isADisconnection() {
        assertThat(PgProblems.outcome(new IOException("Connection reset"), "db", List.of()))
                .isEqualTo(new QueryOutcome.Disconnected("not reachable: Connection reset"));
    }

    @Test
    void describe_connectTimedOut_saysSo() {
        assertThat(PgProblems.describe(new TimeoutException("timed out"), "db")).isEqualTo("could not connect in time");
    }

    private static PgException refusal(String message, String state) {
        return new PgException(message, "ERROR", state, "");
    }
}
