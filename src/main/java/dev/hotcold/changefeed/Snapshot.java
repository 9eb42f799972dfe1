package dev.hotcold.changefeed;

import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Which transactions a reader sees that begins at a certain moment. A commit stands in the log an instant before readers
 * see it, and its writer is told only then.
 *
 * @param end number of the first transaction that had not begun, its low 32 bits
 * @param running numbers of those that had begun and not ended, their low 32 bits
 */
record Snapshot(int end, Set<Integer> running) {

    /** Takes one now. */
    static Snapshot take(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT txid_current_snapshot()::text")) {
            row.next();
            return parse(row.getString(1));
        }
    }

    /** Reads {@code 100:104:100,102}: the first still running, the first that had not begun, all that were running. */
    static Snapshot parse(String text) {
        String[] parts = text.split(":", -1);
        if (parts.length != 3) {
            throw new IllegalArgumentException("not a snapshot: " + text);
        }
        Set<Integer> running = Arrays.stream(parts[2].split(","))
                .filter(number -> !number.isEmpty())
                .map(number -> (int) Long.parseLong(number))
                .collect(Collectors.toSet());
        return new Snapshot((int) Long.parseLong(parts[1]), running);
    }

    /** Whether it sees a transaction that has committed. Numbers go round after four thousand million. */
    boolean sees(int transaction) {
        return transaction - end < 0 && !running.contains(transaction);
    }
}
