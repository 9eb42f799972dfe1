package dev.hotcold.changefeed.postgres;

import dev.hotcold.changefeed.slot.SlotCatalog;
import dev.hotcold.changefeed.slot.SlotState;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.table.CatalogQuery;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A replication slot in the catalog of PostgreSQL.
 *
 * @param connection for queries
 * @param name the slot's
 */
public record JdbcSlotCatalog(Connection connection, String name) implements SlotCatalog {

    private static final Logger LOG = LoggerFactory.getLogger(JdbcSlotCatalog.class);

    private static final int FIRST_WITH_FAILOVER = 17;
    private static final int ALTER_SECONDS = 1;

    /** Before PostgreSQL 17 there is no such column. */
    private static final String LACKS_FAILOVER = """
            SELECT NOT active AND coalesce(to_jsonb(s) ->> 'failover' = 'false', false)
            FROM pg_replication_slots AS s WHERE slot_name = ?
            """;

    private static final String STATE = """
            SELECT slot_type = 'logical' AND plugin = 'pgoutput' AND database = current_database() AS is_ours, active,
                pg_is_in_recovery() AND coalesce(to_jsonb(s) ->> 'synced' = 'true', false) AS is_copy,
                coalesce(to_jsonb(s) ->> 'wal_status' = 'lost', false) AS is_invalidated,
                coalesce(confirmed_flush_lsn, '0/0')::text AS confirmed,
                coalesce(pg_wal_lsn_diff(CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()
                    ELSE pg_current_wal_lsn() END, confirmed_flush_lsn), 0)::bigint AS lag
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
        if (row.getBoolean("is_copy")) {
            return SlotState.Phase.COPY;
        }
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

    /** PostgreSQL 17 and newer: one that standbys keep too which sync slots, so that it outlives a failover. */
    @Override
    public void create() throws SQLException {
        if (connection.getMetaData().getDatabaseMajorVersion() >= FIRST_WITH_FAILOVER) {
            try {
                call("SELECT pg_create_logical_replication_slot(?, 'pgoutput', failover => true)");
                return;
            } catch (SQLException refused) {
                if (!isOfTheArgument(String.valueOf(refused.getSQLState()))) {
                    throw refused;
                }
                LOG.debug("PostgreSQL creates no slot that outlives a failover", refused);
            }
        }
        call("SELECT pg_create_logical_replication_slot(?, 'pgoutput')");
    }

    /** Not supported, or no such function. */
    private static boolean isOfTheArgument(String sqlState) {
        return sqlState.startsWith("0A") || sqlState.equals("42883");
    }

    /**
     * Has a slot that was made without it outlive a failover too, where PostgreSQL can do that and nobody follows the slot.
     *
     * @param replication a connection for replication to the same server
     */
    public void outliveFailover(Connection replication) throws SQLException {
        if (!Queries.isTrue(connection, LACKS_FAILOVER, name)) {
            return;
        }
        try (Statement statement = replication.createStatement()) {
            // Should another instance be faster to follow it, PostgreSQL would wait for that to end.
            statement.setQueryTimeout(ALTER_SECONDS);
            statement.execute("ALTER_REPLICATION_SLOT \"" + name + "\" (FAILOVER)");
            LOG.info("Change feed: standbys that sync slots keep the slot {} from now on", name);
        } catch (SQLException refused) {
            if (replication.isClosed()) {
                throw refused;
            }
            LOG.debug("The slot is not altered", refused);
        }
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
