package dev.hotcold.changefeed.postgres;

import dev.hotcold.changefeed.slot.SlotProbe;
import dev.hotcold.changefeed.slot.SlotState;
import dev.hotcold.table.Resolution;
import dev.hotcold.table.UsersTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** The connections of the slot's monitor, used by nothing else. */
public final class JdbcSlotProbe implements SlotProbe {

    /** Who keeps the maker of the slot waiting, and since when its transaction has been open. */
    private static final String BLOCKERS = """
            SELECT string_agg(CASE b.pid WHEN 0 THEN 'a prepared transaction' ELSE concat_ws(' ', 'the process', b.pid,
                    'of ' || a.usename,
                    'open since ' || to_char(a.xact_start AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) END, ', ')
            FROM pg_replication_slots AS s
            CROSS JOIN unnest(pg_blocking_pids(s.active_pid)) AS b (pid)
            LEFT JOIN pg_stat_activity AS a ON a.pid = b.pid
            WHERE s.slot_name = ?
            """;

    private final Connection connection;
    private final TableCatalog table;
    private final String slot;
    private final Prerequisites prerequisites;

    private JdbcSlotProbe(Connection connection, TableCatalog table, String slot, Prerequisites prerequisites) {
        this.connection = connection;
        this.table = table;
        this.slot = slot;
        this.prerequisites = prerequisites;
    }

    /**
     * Connects.
     *
     * @param slot name of the replication slot, and of the publication
     */
    public static JdbcSlotProbe open(FeedDatabase database, String slot, Prerequisites prerequisites)
            throws SQLException {
        Connection connection = database.connect();
        try {
            Connection lookups = database.connectAsLookups();
            try {
                if (database.server(connection).isOther(database.server(lookups))) {
                    throw new SQLException("connections to PostgreSQL lead to different servers");
                }
                return new JdbcSlotProbe(connection, TableCatalog.of(database, lookups, slot), slot, prerequisites);
            } catch (SQLException | RuntimeException failure) {
                lookups.close();
                throw failure;
            }
        } catch (SQLException | RuntimeException failure) {
            connection.close();
            throw failure;
        }
    }

    @Override
    public Optional<SlotState> slotState() throws SQLException {
        return new JdbcSlotCatalog(connection, slot).state();
    }

    @Override
    public Optional<String> blockers() throws SQLException {
        return Queries.textOf(connection, BLOCKERS, slot);
    }

    @Override
    public String tableFingerprint() throws SQLException {
        return table.fingerprint();
    }

    @Override
    public Optional<String> missingPrerequisite() throws SQLException {
        return switch (table.resolve()) {
            case Resolution.Resolved(UsersTable users) -> prerequisites.missing(connection, users);
            case Resolution.Missing missing -> Optional.of(missing.advice());
        };
    }

    @Override
    public void close() {
        close(connection);
        close(table.lookups());
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            // It is closed already.
        }
    }
}
