package dev.hotcold.changefeed.postgres;

import dev.hotcold.changefeed.slot.SlotCatalog;
import dev.hotcold.changefeed.slot.SlotState;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.table.CatalogQuery;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Optional;

/**
 * A replication slot in the catalog of PostgreSQL.
 *
 * @param connection for queries
 * @param name the slot's
 */
public record JdbcSlotCatalog(Connection connection, String name) implements SlotCatalog {

    private static final String STATE = """
            SELECT slot_type = 'logical' AND plugin = 'pgoutput' AND database = current_database() AS is_ours, active,
                coalesce(to_jsonb(s) ->> 'wal_status' = 'lost', false) AS is_invalidated,
                coalesce(confirmed_flush_lsn, '0/0')::text AS confirmed,
                coalesce(pg_wal_lsn_diff(pg_current_wal_lsn(), confirmed_flush_lsn), 0)::bigint AS lag
            FROM pg_replication_slots AS s WHERE slot_name = ?
            """;

    @Override
    public Optional<SlotState> state() throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CatalogQuery.qualified(STATE))) {
            statement.setString(1, name);
            try (ResultSet row = statement.executeQuery()) {
                return row.next() ? Optional.of(state(row)) : Optional.empty();
            }
        }
    }

    private static SlotState state(ResultSet row) throws SQLException {
        Lsn confirmed = Lsn.parse(row.getString("confirmed"));
        return new SlotState(phase(row, confirmed), confirmed, row.getLong("lag"));
    }

    private static SlotState.Phase phase(ResultSet row, Lsn confirmed) throws SQLException {
        boolean isActive = row.getBoolean("active");
        if (isActive && confirmed.value() == 0) {
            return SlotState.Phase.CREATING;
        }
        if (!row.getBoolean("is_ours")) {
            return SlotState.Phase.FOREIGN;
        }
        if (isActive) {
            return SlotState.Phase.FOLLOWED;
        }
        return row.getBoolean("is_invalidated") ? SlotState.Phase.INVALIDATED : SlotState.Phase.FREE;
    }

    @Override
    public void create() throws SQLException {
        call("SELECT pg_create_logical_replication_slot(?, 'pgoutput')");
    }

    @Override
    public void drop() throws SQLException {
        call("SELECT pg_drop_replication_slot(?)");
    }

    private void call(String query) throws SQLException {
        try (PreparedStatement statement = connection.prepareStatement(CatalogQuery.qualified(query))) {
            statement.setString(1, name);
            statement.execute();
        }
    }
}
