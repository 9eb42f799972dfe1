package dev.hotcold.changefeed.postgres;

import dev.hotcold.changefeed.slot.SlotMonitor;
import dev.hotcold.changefeed.slot.SlotState;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/**
 * A connection of the slot's monitor.
 *
 * @param connection for queries, used by nothing else
 * @param slot name of the replication slot
 */
public record JdbcSlotProbe(Connection connection, String slot, Prerequisites prerequisites)
        implements SlotMonitor.Probe {

    @Override
    public Optional<SlotState> slotState() throws SQLException {
        return new JdbcSlotCatalog(connection, slot).state();
    }

    @Override
    public Optional<String> missingPrerequisite() throws SQLException {
        return prerequisites.missing(connection);
    }

    @Override
    public void close() {
        try {
            connection.close();
        } catch (SQLException e) {
            // It is closed already.
        }
    }
}
