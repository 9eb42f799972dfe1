package dev.hotcold.changefeed.postgres;

import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.FollowedLog;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

/** Connects the change feed to PostgreSQL, in up to two roles: its own, and the one that lookups have. Thread-safe. */
public interface FeedDatabase {

    /** Opens a connection for queries. */
    Connection connect() throws SQLException;

    /** Opens a connection for replication, which no pooler supports. */
    Connection connectForReplication() throws SQLException;

    /** Opens a connection for queries as the lookups have it: what it does not see, the feed must not tell. */
    Connection connectAsLookups() throws SQLException;

    /** The query for what the table of users is, for a connection as the lookups have it. */
    String catalogQuery();

    /**
     * Whose users the lookups look up.
     *
     * @param asLookups a connection as the lookups have it
     */
    Deployment deployment(Connection asLookups) throws SQLException;

    /** Asks what the server of a connection is. */
    Server server(Connection connection) throws SQLException;

    /** The server that a connection leads to. Thread-safe. */
    interface Server {

        /** Why it is not the one to be followed any more; empty = it is. Costs next to nothing. */
        Optional<String> whyLeave();

        /** Whether it replays the log of another, and may be behind that one. */
        boolean isStandby();

        /** Somebody follows this log: where it is of a newer timeline, a server of the same cluster is one of the past. */
        void heardOf(FollowedLog log);

        /** Whether another connection leads elsewhere, as far as is known. */
        boolean isOther(Server than);
    }

    /** Its address, without secrets. */
    @Override
    String toString();
}
