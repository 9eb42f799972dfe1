package dev.hotcold.changefeed.apply;

import dev.hotcold.freshness.Lsn;
import java.sql.SQLException;

/** Takes snapshots of the database. Confined to: the thread of its feed, which it blocks. */
public interface Snapshots {

    /** The snapshot that a reader would get who begins now. */
    Snapshot take() throws SQLException;

    /** Has PostgreSQL write its log to disk up to here, where it may; the log is sent only from there. */
    void flushLog() throws SQLException;

    /** The end of the log at this moment: every commit that any reader sees lies before it. */
    Lsn endOfLog() throws SQLException;
}
