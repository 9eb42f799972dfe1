package dev.hotcold.app;

import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.TableLock;
import io.lettuce.core.KillArgs;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** What can happen to Redis and PostgreSQL while the service runs. */
enum StoreFault {
    REDIS_KILLED("Redis killed", rig -> {
        rig.outages().killRedis();
        return rig.outages()::startRedis;
    }),
    REDIS_FROZEN("Redis frozen", rig -> {
        rig.outages().freezeRedis();
        return rig.outages()::thaw;
    }),
    REDIS_RESTARTED("Redis restarted, empty", rig -> {
        rig.outages().killRedis();
        rig.outages().startRedis();
        // Redis is emptied once more before changes are followed again.
        Feeds.awaitApplied(rig.servers());
        return () -> {};
    }),
    REDIS_FULL("Redis full, evicting nothing", rig -> {
        rig.redis().configSet("maxmemory-policy", "noeviction");
        rig.redis().configSet("maxmemory", "1");
        return () -> {
            rig.redis().configSet("maxmemory", "512mb");
            rig.redis().configSet("maxmemory-policy", "allkeys-lru");
        };
    }),
    REDIS_READ_ONLY("Redis read-only", rig -> {
        rig.redis().replicaof("127.0.0.1", 1);
        return rig.redis()::replicaofNoOne;
    }),
    REDIS_REFUSES_LOGIN("Redis refuses the password", rig -> {
        rig.redis().configSet("requirepass", "changed");
        rig.redis().clientKill(KillArgs.Builder.typeNormal().skipme());
        return () -> rig.redis().configSet("requirepass", "");
    }),
    REDIS_FAR("Redis answers after 150 ms", Place.ON_THE_WAY, rig -> {
        rig.redisProxy().delay(Duration.ofMillis(75), Duration.ofMillis(75));
        return rig.redisProxy()::heal;
    }),
    REDIS_RESETS("connections to Redis break within replies", Place.ON_THE_WAY, rig -> {
        rig.redisProxy().resetMidReply(500);
        return rig.redisProxy()::heal;
    }),

    POSTGRES_KILLED("PostgreSQL killed", rig -> {
        rig.outages().killPostgres();
        return rig.outages()::startPostgres;
    }),
    POSTGRES_FROZEN("PostgreSQL frozen", rig -> {
        rig.outages().freezePostgres();
        return rig.outages()::thaw;
    }),
    POSTGRES_RESTARTED("PostgreSQL restarted", rig -> {
        rig.outages().stopPostgres();
        rig.outages().startPostgres();
        return () -> {};
    }),
    POSTGRES_WITHOUT_CONNECTIONS("PostgreSQL out of connections", rig -> {
        List<Connection> others = rig.admin().takeAllConnections(FaultRig.ROLE);
        return () -> others.forEach(StoreFault::close);
    }),
    POSTGRES_READ_ONLY("PostgreSQL read-only", rig -> {
        rig.servers().sql("ALTER ROLE service SET default_transaction_read_only = on");
        rig.admin().terminate(FaultRig.ROLE);
        return () -> {
            rig.servers().sql("ALTER ROLE service RESET default_transaction_read_only");
            rig.admin().terminate(FaultRig.ROLE);
        };
    }),
    POSTGRES_TABLE_LOCKED("table locked", rig -> TableLock.take(rig.servers())::close),
    POSTGRES_FAR("PostgreSQL answers after 400 ms", Place.ON_THE_WAY, rig -> {
        rig.postgresProxy().delay(Duration.ofMillis(200), Duration.ofMillis(200));
        return rig.postgresProxy()::heal;
    }),
    POSTGRES_REFUSES_LOGIN("PostgreSQL refuses the password", rig -> {
        rig.servers().sql("ALTER ROLE service PASSWORD 'changed'");
        rig.admin().terminate(FaultRig.ROLE);
        return () -> rig.servers().sql("ALTER ROLE service PASSWORD 'right'");
    }),
    POSTGRES_DATABASE_MISSING("database renamed", rig -> {
        rig.sqlElsewhere(
                "ALTER DATABASE postgres ALLOW_CONNECTIONS false",
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE datname = 'postgres'",
                "ALTER DATABASE postgres RENAME TO elsewhere");
        return () -> rig.sqlElsewhere(
                "ALTER DATABASE elsewhere RENAME TO postgres", "ALTER DATABASE postgres ALLOW_CONNECTIONS true");
    });

    private enum Place {
        SERVER,
        ON_THE_WAY
    }

    private final String title;
    private final Place place;

    @SuppressWarnings("ImmutableEnumChecker") // The functions above keep nothing.
    private final Function<FaultRig, Repair> strike;

    StoreFault(String title, Function<FaultRig, Repair> strike) {
        this(title, Place.SERVER, strike);
    }

    StoreFault(String title, Place place, Function<FaultRig, Repair> strike) {
        this.title = title;
        this.place = place;
        this.strike = strike;
    }

    /** Begins it. Closing the repair more than once is no matter. */
    Repair begin(FaultRig rig) {
        return strike.apply(rig);
    }

    /** As a row of a table says it. */
    String title() {
        return title;
    }

    /** Whether it is Redis that fails; if not, it is PostgreSQL. */
    boolean isOfRedis() {
        return compareTo(POSTGRES_KILLED) < 0;
    }

    /** Whether the servers work and the network to one of them does not. */
    boolean isOnTheWay() {
        return place == Place.ON_THE_WAY;
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
