package dev.hotcold.testkit;

import java.sql.Connection;
import java.sql.SQLException;
import java.sql.Statement;

/** Keeps every query from the table of users until it is closed: queries wait, and PostgreSQL is otherwise healthy. */
public final class TableLock implements AutoCloseable {

    private final Connection connection;

    private TableLock(Connection connection) {
        this.connection = connection;
    }

    /** Takes the lock. */
    public static TableLock take(Servers servers) {
        return take(servers, "users");
    }

    /** Takes the lock of another table. */
    public static TableLock take(Servers servers, String table) {
        try {
            Connection connection = servers.connect();
            connection.setAutoCommit(false);
            try (Statement statement = connection.createStatement()) {
                statement.execute("LOCK TABLE " + table + " IN ACCESS EXCLUSIVE MODE");
            }
            return new TableLock(connection);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            connection.rollback();
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
