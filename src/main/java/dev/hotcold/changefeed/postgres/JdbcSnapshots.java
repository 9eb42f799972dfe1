package dev.hotcold.changefeed.postgres;

import dev.hotcold.changefeed.apply.Snapshot;
import dev.hotcold.changefeed.apply.Snapshots;
import dev.hotcold.freshness.Lsn;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * Snapshots of a connection that is in no transaction.
 *
 * @param connection for queries
 */
public record JdbcSnapshots(Connection connection) implements Snapshots {

    @Override
    public Snapshot take() throws SQLException {
        return Snapshot.parse(Queries.text(connection, "SELECT txid_current_snapshot()::text"));
    }

    /** By a message that nobody follows, whose commit does not wait for any standby. */
    @Override
    public void flushLog() throws SQLException {
        try {
            Queries.text(
                    connection,
                    "SELECT concat(set_config('synchronous_commit', 'local', false), pg_logical_emit_message(true, 'hotcold', ''))");
        } catch (SQLException refused) {
            if (connection.isClosed()) {
                throw refused;
            }
            // Then the log is written when PostgreSQL sees fit: within 15 seconds.
        }
    }

    @Override
    public Lsn endOfLog() throws SQLException {
        return JdbcChangeLog.end(connection);
    }
}
