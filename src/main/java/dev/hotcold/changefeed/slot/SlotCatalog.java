package dev.hotcold.changefeed.slot;

import java.sql.SQLException;
import java.util.Optional;

/**
 * One replication slot, by its name, in PostgreSQL's catalog. Confined to: one thread, which it blocks.
 *
 * <p>Fails with an {@link SQLException} that bears PostgreSQL's SQLSTATE.
 */
public interface SlotCatalog {

    /** The slot as it is now; empty when there is none. */
    Optional<SlotState> state() throws SQLException;

    /** Creates the slot. Waits for the transactions that are open now. Fails if there is one already. */
    void create() throws SQLException;

    /** Drops the slot. Fails while an instance follows it. */
    void drop() throws SQLException;
}
