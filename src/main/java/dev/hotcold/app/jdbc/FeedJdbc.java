package dev.hotcold.app.jdbc;

import dev.hotcold.changefeed.postgres.FeedDatabase;
import dev.hotcold.cold.PostgresSettings;
import java.sql.Connection;
import java.sql.SQLException;

/**
 * PostgreSQL for the change feed. Thread-safe.
 *
 * @param feed as the feed's role
 * @param lookups as the lookups have it
 */
public record FeedJdbc(PostgresJdbc feed, PostgresJdbc lookups) implements FeedDatabase {

    /** Connects with these settings, of which the second are those of the lookups. */
    public static FeedDatabase of(PostgresSettings feed, PostgresSettings lookups) {
        return new FeedJdbc(new PostgresJdbc(feed.forPrimary()), new PostgresJdbc(lookups));
    }

    @Override
    public Connection connect() throws SQLException {
        return feed.connect();
    }

    @Override
    public Connection connectForReplication() throws SQLException {
        return feed.connectForReplication();
    }

    @Override
    public Connection connectAsLookups() throws SQLException {
        return lookups.connect();
    }

    @Override
    public String toString() {
        return feed.toString();
    }
}
