package dev.hotcold.app.jdbc;

import dev.hotcold.changefeed.postgres.FeedDatabase;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.cold.server.ServerPolicy;
import dev.hotcold.cold.server.ServerState;
import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.FollowedLog;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;

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

    /** What the server of a connection said that it is, and whether it is to be used. */
    private record Found(ServerPolicy policy, ServerState state) implements Server {

        @Override
        public Optional<String> whyLeave() {
            return policy.whyLeave(state).map(why -> "PostgreSQL " + why);
        }

        @Override
        public boolean isStandby() {
            return state.isStandby();
        }

        @Override
        public void heardOf(FollowedLog log) {
            policy.heardOf(log.system(), log.timeline());
        }

        @Override
        public boolean isOther(Server than) {
            return than instanceof Found other && state.isOtherPrimary(other.state);
        }
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
    public Server server(Connection connection) throws SQLException {
        return new Found(feed.servers(), JdbcSearch.state(connection));
    }

    @Override
    public Deployment deployment(Connection asLookups) throws SQLException {
        return JdbcUsers.of(lookups, asLookups).deployment();
    }

    @Override
    public String catalogQuery() {
        return lookups.catalogQuery();
    }

    @Override
    public String toString() {
        return feed.toString();
    }
}
