package dev.hotcold.app;

import dev.hotcold.app.jdbc.JdbcUsers;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.freshness.CachedUsers;
import dev.hotcold.freshness.StoredUsers;
import dev.hotcold.hot.blocking.BlockingRedis;
import dev.hotcold.hot.blocking.RedisCachedUsers;
import dev.hotcold.verify.ContinuousVerification;
import java.sql.Connection;
import java.sql.SQLException;

/** Redis and PostgreSQL, connected for a comparison. Confined to: one thread. */
public final class VerifyStores implements ContinuousVerification.Stores {

    private final RedisCachedUsers redis;
    private final Connection postgres;

    private VerifyStores(RedisCachedUsers redis, Connection postgres) {
        this.redis = redis;
        this.postgres = postgres;
    }

    public static VerifyStores open(BlockingRedis redis, PostgresJdbc postgres) throws SQLException {
        Connection connection = postgres.connect();
        try {
            return new VerifyStores(redis.openUsers(), connection);
        } catch (RuntimeException failure) {
            connection.close();
            throw failure;
        }
    }

    /** How many keys Redis holds, of users and of anything else. */
    public long keys() {
        return redis.keys();
    }

    @Override
    public CachedUsers cached() {
        return redis;
    }

    @Override
    public StoredUsers stored() {
        return new JdbcUsers(postgres);
    }

    @Override
    public void close() {
        redis.close();
        try {
            postgres.close();
        } catch (SQLException e) {
            // It is gone already.
        }
    }
}
