package dev.hotcold.cold;

import dev.hotcold.tls.CertificateProblem;
import io.vertx.pgclient.PgException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** Says what ails PostgreSQL in an operator's words. Never part of a response. */
final class PgProblems {

    private static final String UNDEFINED_TABLE = "42P01";
    private static final String QUERY_CANCELED = "57014";
    private static final String OPERATOR_INTERVENTION = "57P";
    private static final String INSUFFICIENT_PRIVILEGE = "42501";

    private PgProblems() {}

    /** Whether a query ended because it was cancelled. */
    static boolean isCancelled(@Nullable Throwable failure) {
        return failure instanceof PgException refused && QUERY_CANCELED.equals(refused.getSqlState());
    }

    /** Whether the connection went with the query, or is about to: the server says so before it ends. */
    static boolean isBroken(Throwable failure) {
        return !(failure instanceof PgException refused)
                || String.valueOf(refused.getSqlState()).startsWith(OPERATOR_INTERVENTION);
    }

    /** @param host of PostgreSQL, as the settings call it */
    static String describe(Throwable failure, String host) {
        if (failure instanceof PgException refused) {
            return switch (String.valueOf(refused.getSqlState())) {
                case UNDEFINED_TABLE -> "the table \"users\" is missing: create it with `hotcold migrate`";
                case INSUFFICIENT_PRIVILEGE -> "the role may not read the table \"users\": grant it SELECT";
                default -> "replies by an error: " + refused.getErrorMessage() + " (" + refused.getSqlState() + ")";
            };
        }
        if (failure instanceof TimeoutException) {
            return "no connection in time";
        }
        return CertificateProblem.describe(failure, host, "sslrootcert in DATABASE_URL")
                .orElseGet(() -> "not reachable: " + failure.getMessage());
    }
}
