package dev.hotcold.changefeed.postgres;

import java.sql.Connection;
import java.sql.SQLException;

/** Connects the change feed to PostgreSQL. Thread-safe. */
public interface FeedDatabase {

    /** Opens a connection for queries. */
    Connection connect() throws SQLException;

    /** Opens a connection for replication, which no pooler supports. */
    Connection connectForReplication() throws SQLException;

    /** Its address, without secrets. */
    @Override
    String toString();
}
