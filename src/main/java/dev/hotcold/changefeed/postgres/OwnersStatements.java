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

    /** What an UPDATE of a published table without a replica identity fails with. */
    private static final String NO_IDENTITY = "55000";

    /**
     * A statement.
     *
     * @param table for SQL
     */
    record Tried(String table, String change) {}

    /** Tries them in the connection's transaction, which goes on as it was. */
    static OwnersStatements tried(Connection connection, List<String> tables) throws SQLException {
        Map<Tried, SQLException> failures = new LinkedHashMap<>();
        for (String table : tables) {
            for (String change : CHANGES) {
                Savepoint before = connection.setSavepoint();
                try (Statement statement = connection.createStatement()) {
                    statement.execute("EXPLAIN " + change.formatted(table));
                } catch (SQLException refused) {
                    connection.rollback(before);
                    failures.put(new Tried(table, change), refused);
                }
            }
        }
        return new OwnersStatements(failures);
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
                : "give " + table + " a primary key that holds user_id, or set CHANGE_FEED=off";
    }
}
