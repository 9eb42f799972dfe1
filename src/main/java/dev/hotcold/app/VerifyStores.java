package dev.hotcold.app;

import dev.hotcold.freshness.CachedUsers;
import dev.hotcold.freshness.StoredUsers;
import dev.hotcold.hot.RedisBlockingConnections;
import dev.hotcold.hot.RedisUsers;
import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import dev.hotcold.verify.ContinuousVerification;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/** Redis and PostgreSQL, connected for a comparison. Confined to: one thread. */
final class VerifyStores implements ContinuousVerification.Stores {

    private final RedisUsers redis;
    private final Connection postgres;

    private VerifyStores(RedisUsers redis, Connection postgres) {
        this.redis = redis;
        this.postgres = postgres;
    }

    static VerifyStores open(RedisBlockingConnections redis, PostgresJdbc postgres) throws SQLException {
        Connection connection = postgres.connect();
        try {
            return new VerifyStores(redis.openUsers(), connection);
        } catch (RuntimeException failure) {
            connection.close();
            throw failure;
        }
    }

    /** How many keys Redis holds, of users and of anything else. */
    long keys() {
        return redis.keys();
    }

    @Override
    public CachedUsers cached() {
        return new CachedUsers() {
            @Override
            public List<UserId> next(int about) {
                return redis.next(about);
            }

            @Override
            public boolean isAtStart() {
                return redis.isAtStart();
            }

            @Override
            public Map<UserId, UserJson> read(List<UserId> ids) {
                return redis.read(ids);
            }
        };
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
