package dev.hotcold.cold.driver;

import dev.hotcold.cold.pool.QueryOutcome;
import dev.hotcold.log.ForeignText;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.tls.CertificateProblem;
import dev.hotcold.user.UserId;
import io.vertx.pgclient.PgException;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** What failures of the driver mean, in an operator's words. Never part of a response. */
final class PgProblems {

    private static final String UNDEFINED_TABLE = "42P01";
    private static final String QUERY_CANCELED = "57014";
    /** The server ends the connection: 57P01 to 57P05. */
    private static final String OPERATOR_INTERVENTION = "57P";

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    /**
     * What is said of a prepared statement that the session no longer has, or has in another form: a cached plan must not change
     * its result type, there is no such statement, there is one already, it has other parameters. The last three are said through
     * poolers, and after DISCARD ALL.
     */
    private static final Set<String> OF_THE_STATEMENT = Set.of("0A000", "26000", "42P05", "08P01");

    /** Of these, what is only said where the session is another than that in which the statement was prepared. */
    private static final Set<String> OF_ANOTHER_SESSION = Set.of("26000", "42P05", "08P01");

    /** Undefined table, column, schema, function or operator, datatype mismatch, and a value that is none of the type. */
    private static final Set<String> OF_THE_TABLE =
            Set.of("42P01", "42703", "3F000", "42883", "42804", "22P02", "22003", "42704");

    /**
     * Classes of errors that no row raises by what it holds: of the connection, the session, the transaction, the query as such,
     * resources, other servers; also those of the statement.
     */
    private static final Set<String> OF_NO_ROW =
            Set.of("08", "0A", "25", "26", "28", "3D", "3F", "40", "42", "53", "55", "57", "F0", "HV");

    /** Of these, those that a function in a view may raise of a row: no more than that some function has run is known. */
    private static final Set<String> OF_A_FUNCTION_PERHAPS = Set.of("42", "0A");

    /** Its sign, and its digits without zeros in front. */
    private static final Pattern NUMBER = Pattern.compile("(?<sign>-?)0*(?<digits>[0-9]+)");

    private PgProblems() {}

    /**
     * How a query ended that failed.
     *
     * @param host of PostgreSQL, as the settings call it
     * @param ids that were queried; what PostgreSQL says of them is repeated without them
     * @param grant the statement that lets the role read the table
     */
    static QueryOutcome outcome(Throwable failure, String host, List<UserId> ids, String grant) {
        Set<String> spellings = ids.stream().map(id -> spelling(id.value())).collect(Collectors.toSet());
        String problem = describe(
                failure, host, said -> ForeignText.withoutIds(said, word -> spellings.contains(spelling(word))), grant);
        if (!(failure instanceof PgException refused)) {
            return new QueryOutcome.Disconnected(problem);
        }
        String state = String.valueOf(refused.getSqlState());
        if (state.startsWith(OPERATOR_INTERVENTION) || isFatal(refused)) {
            return new QueryOutcome.Disconnected(problem);
        }
        if (state.equals(QUERY_CANCELED)) {
            return new QueryOutcome.Cancelled(problem);
        }
        return mayBeOfARow(refused) ? new QueryOutcome.RowError(problem) : new QueryOutcome.ErrorReply(problem);
    }

    /** Whether the same query may succeed with a statement that is prepared anew. */
    static boolean isOfTheStatement(Throwable failure) {
        return isAnyOf(OF_THE_STATEMENT, failure);
    }

    /** Whether the session has not got the statement that was prepared: it is another one, or has lost what it had. */
    static boolean isOfAnotherSession(Throwable failure) {
        return isAnyOf(OF_ANOTHER_SESSION, failure);
    }

    /** Whether the table is no longer what it was: it has gone, or columns or types of it have. */
    static boolean isOfTheTable(Throwable failure) {
        return isAnyOf(OF_THE_TABLE, failure);
    }

    private static boolean isAnyOf(Set<String> states, Throwable failure) {
        return failure instanceof PgException refused
                && states.contains(String.valueOf(refused.getSqlState()))
                && !isFatal(refused)
                && !wasInAFunction(refused);
    }

    /** Whether the connection ends with it, as most of what a pooler itself has to say. */
    private static boolean isFatal(PgException refused) {
        return "FATAL".equals(refused.getSeverity());
    }

    /** Whether the error may have come of what one row holds, so that the query may succeed without that row. */
    private static boolean mayBeOfARow(PgException refused) {
        String state = String.valueOf(refused.getSqlState());
        String errorClass = state.substring(0, Math.min(2, state.length()));
        return !OF_NO_ROW.contains(errorClass)
                || (OF_A_FUNCTION_PERHAPS.contains(errorClass) && wasInAFunction(refused));
    }

    private static boolean wasInAFunction(PgException refused) {
        return refused.getWhere() != null && !refused.getWhere().isEmpty();
    }

    /** The same for all texts that a type of user_id may take for the same: 007 and 7, Alice and alice. */
    private static String spelling(String id) {
        Matcher number = NUMBER.matcher(id);
        if (!number.matches()) {
            return id.toLowerCase(Locale.ROOT);
        }
        String digits = number.group("digits");
        return digits.equals("0") ? digits : number.group("sign") + digits;
    }

    /** @param host of PostgreSQL, as the settings call it */
    static String describe(Throwable failure, String host) {
        return describe(failure, host, UnaryOperator.identity(), "");
    }

    /**
     * @param quoted what is repeated of a text by PostgreSQL
     * @param grant the statement that lets the role read the table; empty = it was not the table that was asked for
     */
    private static String describe(Throwable failure, String host, UnaryOperator<String> quoted, String grant) {
        if (failure instanceof PgException refused) {
            String said = quoted.apply(StoreHealth.shortened(String.valueOf(refused.getErrorMessage())));
            // A function in a view may say the same of something else.
            String state = wasInAFunction(refused) ? "" : String.valueOf(refused.getSqlState());
            if (state.equals(UNDEFINED_TABLE)) {
                return "the table \"users\" is missing: create it with `hotcold migrate`";
            }
            if (state.equals(INSUFFICIENT_PRIVILEGE) && !grant.isEmpty()) {
                return "the role may not read the table \"users\" (" + said + "): as its owner: " + grant;
            }
            return "replied with an error: " + said + " (" + refused.getSqlState() + ")";
        }
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof PgRefusal refusal) {
                return "the connection was ended, because PostgreSQL " + refusal.getMessage();
            }
        }
        if (failure instanceof TimeoutException) {
            return "could not connect in time";
        }
        return CertificateProblem.describe(failure, host, "sslrootcert in DATABASE_URL")
                .orElseGet(() -> "not reachable: " + reason(failure, host));
    }

    /** What an exception says; of a unix socket it does not say which, and at times nothing. */
    private static String reason(Throwable failure, String host) {
        String text = failure.getMessage() == null
                ? failure.getClass().getSimpleName()
                : String.valueOf(failure.getMessage());
        return host.startsWith("/") ? host + ": " + text : text;
    }
}
