package dev.hotcold.app;

import dev.hotcold.app.jdbc.JdbcUsers;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.cold.server.ServerState;
import dev.hotcold.freshness.StoredUsers;
import dev.hotcold.hot.blocking.BlockingRedis;
import dev.hotcold.hot.blocking.RedisCachedUsers;
import dev.hotcold.verify.ContinuousVerification;
import java.sql.Connection;
import java.sql.SQLException;

/** Redis and PostgreSQL, connected for a comparison. Confined to: one thread. */
public final class VerifyStores implements ContinuousVerification.Stores {

    private final RedisCachedUsers redis;
    private final PostgresJdbc database;
    private final JdbcUsers postgres;
    private final ServerState server;

    private VerifyStores(RedisCachedUsers redis, PostgresJdbc database, JdbcUsers postgres, ServerState server) {
        this.redis = redis;
        this.database = database;
        this.postgres = postgres;
        this.server = server;
    }

    public static VerifyStores open(BlockingRedis redis, PostgresJdbc postgres) throws SQLException {
        Connection connection = postgres.connect();
        try {
            ServerState server = PostgresJdbc.state(connection);
            JdbcUsers users = JdbcUsers.of(postgres, connection);
            return new VerifyStores(redis.openUsers(users.deployment()), postgres, users, server);
        } catch (SQLException | RuntimeException failure) {
            connection.close();
            throw failure;
        }
    }

    /** How many keys Redis holds, of users and of anything else. */
    public long keys() {
        return redis.keys();
    }

    @Override
    public RedisCachedUsers cached() {
        return redis;
    }

    /** Not of a server of the past: what is stale there is fresh. */
    @Override
    public StoredUsers stored() {
        return ids -> {
            database.checkStillUsed(server);
            return postgres.read(ids);
        };
    }

    @Override
    public void close() {
        redis.close();
        try {
            postgres.connection().close();
        } catch (SQLException e) {
            // It is gone already.
        }
    }
}
