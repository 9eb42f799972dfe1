package dev.hotcold.changefeed.postgres;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Savepoint;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What the owner of some tables cannot do with them, at one moment of a transaction: UPDATE and DELETE are tried as plans, which
 * change nothing and fire no trigger.
 *
 * @param failures why, by the statement
 */
record OwnersStatements(Map<Tried, SQLException> failures) {

    private static final List<String> CHANGES = List.of("UPDATE ONLY %s SET user_id = DEFAULT", "DELETE FROM ONLY %s");

    private static final List<String> PASSING = List.of("08", "40", "53", "55P03", "57", "58");

    /** What an UPDATE of a published table without a replica identity fails with. */
    private static final String NO_IDENTITY = "55000";

    /**
     * A statement.
     *
     * @param table for SQL
     */
    record Tried(String table, String change) {}

    /**
     * Tries them in the connection's transaction, which goes on as it was.
     *
     * @throws SQLException when one fails for a cause that passes, such as a lock
     */
    static OwnersStatements tried(Connection connection, List<String> tables) throws SQLException {
        Map<Tried, SQLException> failures = new LinkedHashMap<>();
        for (String table : tables) {
            for (String change : CHANGES) {
                Savepoint before = connection.setSavepoint();
                try (Statement statement = connection.createStatement()) {
                    statement.execute("EXPLAIN " + change.formatted(table));
                    connection.releaseSavepoint(before);
                } catch (SQLException refused) {
                    if (isPassing(String.valueOf(refused.getSQLState()))) {
                        throw refused;
                    }
                    connection.rollback(before);
                    failures.put(new Tried(table, change), refused);
                }
            }
        }
        return new OwnersStatements(failures);
    }

    /** A lock that somebody holds, a cancelled query, a want of resources: says nothing of what can be done. */
    private static boolean isPassing(String state) {
        return PASSING.stream().anyMatch(state::startsWith);
    }

    /** Why less can be done than at another moment, and what to do about it; empty = no less. */
    Optional<String> lessThan(OwnersStatements other) {
        for (Map.Entry<Tried, SQLException> failure : failures.entrySet()) {
            if (!other.failures.containsKey(failure.getKey())) {
                return Optional.of("a publication would break the owner's statements ("
                        + String.valueOf(failure.getValue().getMessage()).replaceAll("\\s+", " ") + "): "
                        + remedy(failure.getKey().table(), failure.getValue()));
            }
        }
        return Optional.empty();
    }

    private static String remedy(String table, SQLException refused) {
        return NO_IDENTITY.equals(refused.getSQLState())
                ? "ALTER TABLE " + table + " REPLICA IDENTITY FULL;"
                : "give " + table + " a primary key that holds user_id and run ALTER TABLE " + table
                        + " REPLICA IDENTITY DEFAULT; or set CHANGE_FEED=off";
    }
}
