package dev.hotcold.changefeed.postgres;

import dev.hotcold.table.CatalogQuery;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Optional;

/**
 * What PostgreSQL has left for one more replication slot, and how much log it keeps for slots.
 *
 * @param slots that there may be
 * @param usedSlots that there are
 * @param idleSlots names of those that nobody follows
 * @param senders that may send log at once
 * @param usedSenders that do
 * @param keptMegabytes of log that are kept for a slot; empty = without a bound, or PostgreSQL 12, which has none
 */
public record SlotHeadroom(
        int slots, int usedSlots, List<String> idleSlots, int senders, int usedSenders, Optional<Long> keptMegabytes) {

    private static final String QUERY = """
            SELECT current_setting('max_replication_slots')::int,
                (SELECT count(*) FROM pg_replication_slots),
                current_setting('max_wal_senders')::int,
                (SELECT count(*) FROM pg_stat_replication),
                (SELECT s.setting::bigint FROM pg_settings AS s
                    WHERE s.name = 'max_slot_wal_keep_size' AND s.setting <> '-1')
            """;

    /** Asks PostgreSQL. */
    public static SlotHeadroom read(Connection connection) throws SQLException {
        List<String> idle = Queries.texts(
                connection, "SELECT slot_name FROM pg_replication_slots WHERE NOT active ORDER BY slot_name");
        try (Statement statement = connection.createStatement();
                ResultSet row = statement.executeQuery(CatalogQuery.qualified(QUERY))) {
            row.next();
            long kept = row.getLong(5);
            Optional<Long> keptMegabytes = row.wasNull() ? Optional.empty() : Optional.of(kept);
            return new SlotHeadroom(row.getInt(1), row.getInt(2), idle, row.getInt(3), row.getInt(4), keptMegabytes);
        }
    }
}
