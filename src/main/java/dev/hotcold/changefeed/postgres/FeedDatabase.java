package dev.hotcold.changefeed.postgres;

import java.sql.Connection;
import java.sql.SQLException;

/** Connects the change feed to PostgreSQL, in up to two roles: its own, and the one that lookups have. Thread-safe. */
public interface FeedDatabase {

    /** Opens a connection for queries. */
    Connection connect() throws SQLException;

    /** Opens a connection for replication, which no pooler supports. */
    Connection connectForReplication() throws SQLException;

    /** Opens a connection for queries as the lookups have it: what it does not see, the feed must not tell. */
    Connection connectAsLookups() throws SQLException;

    /** Its address, without secrets. */
    @Override
    String toString();
}
