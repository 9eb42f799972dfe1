package dev.hotcold.changefeed;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.concurrent.CompletableFuture;

/** The lookups of this instance, as the change feed needs them when it takes over. Thread-safe. */
public interface LookupSide {

    /**
     * Tries whether lookups reach PostgreSQL, as they do it themselves.
     *
     * @return completes with whether they do, on every event loop; within what a lookup may take
     */
    CompletableFuture<Boolean> reachDatabase();

    /**
     * Compares all that is cached with the database, once, and removes what differs.
     *
     * @param lookups a connection as the lookups have it; blocks
     * @param keepAlive called every now and then while it takes
     * @return how many users were removed
     */
    int removeDiffering(Connection lookups, Runnable keepAlive) throws SQLException;
}
