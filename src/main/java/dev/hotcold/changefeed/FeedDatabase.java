package dev.hotcold.changefeed;

import java.sql.Connection;
import java.sql.SQLException;

/** How the change feed reaches PostgreSQL. Thread-safe. */
public interface FeedDatabase {

    /** Opens a connection for queries. */
    Connection connect() throws SQLException;

    /** Opens a connection for replication, which a pooler does not let pass. */
    Connection connectForReplication() throws SQLException;

    /** Where it is, without secrets. */
    @Override
    String toString();
}
