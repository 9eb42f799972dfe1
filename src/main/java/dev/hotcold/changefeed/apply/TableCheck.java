package dev.hotcold.changefeed.apply;

import java.sql.SQLException;

/** Checks whether the table is still the one whose changes are followed. Called on the thread of its feed, which it may block. */
@FunctionalInterface
public interface TableCheck {

    /**
     * The log describes a table, as it does when something about it may have changed.
     *
     * @throws SessionEndedException when the table of users is another now, or shows other rows
     */
    void tableDescribed() throws SQLException;
}
