package dev.hotcold.changefeed.apply;

import dev.hotcold.freshness.Lsn;
import java.sql.SQLException;

/** Takes snapshots of the database. Confined to: the thread of its feed, which it blocks. */
public interface Snapshots {

    /** The snapshot that a reader would get who begins now. */
    Snapshot take() throws SQLException;

    /** The end of the log at this moment: every commit that any reader sees lies before it. */
    Lsn endOfLog() throws SQLException;
}
