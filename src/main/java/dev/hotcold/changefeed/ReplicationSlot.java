package dev.hotcold.changefeed;

import dev.hotcold.freshness.Lsn;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;

/** The replication slot by its name: PostgreSQL's memory of how far the log was followed. */
final class ReplicationSlot {

    /**
     * What PostgreSQL says of a slot.
     *
     * @param fits whether it is a logical one of our plug-in and of this database
     * @param active whether somebody follows it now
     * @param lost whether log that it needs is gone already
     * @param confirmed up to where the log was acknowledged; 0/0 = it is being created, and waits for open transactions
     * @param lagBytes how far the log goes on behind that
     */
    record State(boolean fits, boolean active, boolean lost, Lsn confirmed, long lagBytes) {

        boolean isBeingCreated() {
            return active && confirmed.value() == 0;
        }
    }

    private final String name;

    ReplicationSlot(String name) {
        this.name = name;
    }

    /** What PostgreSQL says of it now; empty when there is none. */
    Optional<State> state(Connection connection) throws SQLException {
        String query = "SELECT slot_type = 'logical' AND plugin = 'pgoutput' AND database = current_database(),"
                + " active, coalesce(to_jsonb(s) ->> 'wal_status' = 'lost', false), coalesce(confirmed_flush_lsn, '0/0')::text,"
                + " coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn), 0)::bigint"
                + " FROM pg_replication_slots AS s WHERE slot_name = ?";
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next()
                        ? Optional.of(new State(
                                row.getBoolean(1),
                                row.getBoolean(2),
                                row.getBoolean(3),
                                Lsn.parse(row.getString(4)),
                                row.getLong(5)))
                        : Optional.empty();
            }
        }
    }

    /** Creates it. Waits for the transactions that are open now. */
    void create(Connection connection) throws SQLException {
        call(connection, "SELECT pg_create_logical_replication_slot(?, 'pgoutput')");
    }

    /** Drops it. Fails while somebody follows it. */
    void drop(Connection connection) throws SQLException {
        call(connection, "SELECT pg_drop_replication_slot(?)");
    }

    /**
     * Names the log: positions of another system or timeline say nothing about it.
     *
     * @param replication a connection for replication
     */
    static String history(Connection replication) throws SQLException {
        try (Statement statement = replication.createStatement();
                ResultSet row = statement.executeQuery("IDENTIFY_SYSTEM")) {
            row.next();
            return row.getString("systemid") + "/" + row.getString("timeline");
        }
    }

    /** The end of the log at this moment: every change that is visible to anybody lies before it. */
    static Lsn endOfLog(Connection connection) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement("SELECT pg_current_wal_insert_lsn()::text");
                ResultSet row = statement.executeQuery()) {
            row.next();
            return Lsn.parse(row.getString(1));
        }
    }

    private void call(Connection connection, String query) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(query)) {
            statement.setString(1, name);
            statement.execute();
        }
    }
}
