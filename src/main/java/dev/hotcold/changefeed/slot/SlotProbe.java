package dev.hotcold.changefeed.slot;

import java.sql.SQLException;
import java.util.Optional;

/** PostgreSQL, connected for the monitor of the slot. Confined to: the monitor's thread, which it blocks. */
public interface SlotProbe extends AutoCloseable {

    /** The slot as it is now; empty when there is none. */
    Optional<SlotState> slotState() throws SQLException;

    /** Whom the making of the slot waits for; empty = for nobody that is known. */
    Optional<String> blockers() throws SQLException;

    /** The table as a text that is another when the log no longer continues what is cached. */
    String tableFingerprint() throws SQLException;

    /** What the feed needs and PostgreSQL no longer allows; empty = nothing. */
    Optional<String> missingPrerequisite() throws SQLException;

    /** Disconnects; never fails. */
    @Override
    void close();

    /** Connects to PostgreSQL for the monitor. */
    @FunctionalInterface
    interface Connector {

        /** Opens a connection. */
        SlotProbe connect() throws SQLException;
    }
}
