package dev.hotcold.cold.driver;

import dev.hotcold.cold.pool.QueryOutcome;
import dev.hotcold.log.ForeignText;
import dev.hotcold.loop.StoreHealth;
import dev.hotcold.tls.CertificateProblem;
import dev.hotcold.user.UserId;
import io.vertx.pgclient.PgException;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/** What failures of the driver mean, in an operator's words. Never part of a response. */
final class PgProblems {

    private static final String UNDEFINED_TABLE = "42P01";
    private static final String QUERY_CANCELED = "57014";
    /** The server ends the connection: 57P01 to 57P05. */
    private static final String OPERATOR_INTERVENTION = "57P";

    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private PgProblems() {}

    /**
     * How a query ended that failed.
     *
     * @param host of PostgreSQL, as the settings call it
     * @param ids that were queried; the description is without them
     */
    static QueryOutcome outcome(Throwable failure, String host, List<UserId> ids) {
        Set<String> words = ids.stream().map(UserId::value).collect(Collectors.toSet());
        String problem = ForeignText.withoutIds(StoreHealth.shortened(describe(failure, host)), words::contains);
        if (!(failure instanceof PgException refused)) {
            return new QueryOutcome.Disconnected(problem);
        }
        String state = String.valueOf(refused.getSqlState());
        if (state.startsWith(OPERATOR_INTERVENTION)) {
            return new QueryOutcome.Disconnected(problem);
        }
        return state.equals(QUERY_CANCELED)
                ? new QueryOutcome.Cancelled(problem)
                : new QueryOutcome.ErrorReply(problem);
    }

    /** @param host of PostgreSQL, as the settings call it */
    static String describe(Throwable failure, String host) {
        if (failure instanceof PgException refused) {
            return switch (String.valueOf(refused.getSqlState())) {
                case UNDEFINED_TABLE -> "the table \"users\" is missing: create it with `hotcold migrate`";
                case INSUFFICIENT_PRIVILEGE -> "the role may not read the table \"users\": grant it SELECT";
                default -> "replied with an error: " + refused.getErrorMessage() + " (" + refused.getSqlState() + ")";
            };
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
