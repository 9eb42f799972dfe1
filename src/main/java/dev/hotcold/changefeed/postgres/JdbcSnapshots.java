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

    @Override
    public Lsn endOfLog() throws SQLException {
        return JdbcChangeLog.end(connection);
    }
}
