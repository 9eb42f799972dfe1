package dev.hotcold.app.jdbc;

import dev.hotcold.cold.PostgresSettings;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.HashSet;
import java.util.Set;

/** Finds out whether a pooler gives a session to other clients between two statements. Blocks. */
final class SharedSessions {

    private static final int ROUNDS = 10;

    /** A pooler that keeps sessions may have none for a second client. */
    private static final int PATIENCE_MILLIS = 2000;

    private SharedSessions() {}

    /**
     * Whether it was seen to: two clients in turn were answered by the same process, or one of them by several. Also where the
     * settings say so and nothing shows the opposite.
     */
    static boolean areAt(PostgresSettings settings) throws SQLException {
        if (settings.pooler().keepsSessions()) {
            return false;
        }
        PostgresJdbc postgres = new PostgresJdbc(settings);
        try (Connection first = postgres.connect()) {
            return (PostgresJdbc.isBehindPooler(first) && settings.pooler().sharesSessions())
                    || areShared(first, postgres);
        }
    }

    private static boolean areShared(Connection first, PostgresJdbc postgres) {
        Set<Integer> processesOfFirst = new HashSet<>();
        Set<Integer> processesOfSecond = new HashSet<>();
        try (Connection second = postgres.connect()) {
            second.setNetworkTimeout(Runnable::run, PATIENCE_MILLIS);
            for (int i = 0; i < ROUNDS; i++) {
                processesOfFirst.add(process(first));
                // Not in step with a pooler that has its sessions take turns.
                for (int j = 0; j <= i % 3; j++) {
                    processesOfSecond.add(process(second));
                }
            }
        } catch (SQLException noSecond) {
            // Then what it had is all there is.
        }
        return processesOfFirst.size() > 1
                || processesOfSecond.size() > 1
                || !Collections.disjoint(processesOfFirst, processesOfSecond);
    }

    static int process(Connection connection) throws SQLException {
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery("SELECT pg_catalog.pg_backend_pid()")) {
            row.next();
            return row.getInt(1);
        }
    }
}
