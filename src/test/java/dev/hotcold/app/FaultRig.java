package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.Outages;
import dev.hotcold.testkit.PostgresAdmin;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.lettuce.core.api.sync.RedisCommands;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Two servers to do harm to, and two services with the settings that everybody gets: one that reaches the servers
 * directly, and one whose ways to them can be made long or be broken. In PostgreSQL the services are a role of their own,
 * so that what is done to that role does not hit the test.
 */
final class FaultRig implements AutoCloseable {

    static final String ROLE = "service";

    /** How many users of each kind of id are stored. */
    private static final int STORED = 50_000;

    private final Outages outages = new Outages(Servers.start());
    private final PostgresAdmin admin = new PostgresAdmin(outages.servers());
    private final FaultProxy redisProxy =
            FaultProxy.to(outages.servers().redis().port());
    private final FaultProxy postgresProxy =
            FaultProxy.to(outages.servers().postgres().port());
    private final AtomicLong idsUsed = new AtomicLong();
    private final TestService direct;
    private final TestService proxied;

    FaultRig() {
        for (LookupKind kind : LookupKind.values()) {
            if (kind.isStored()) {
                servers()
                        .sql(
                                "INSERT INTO users SELECT '%1$s' || i, 'app://%1$s' || i, 'promo %1$s' || i FROM generate_series(0, %2$d) i"
                                        .formatted(kind.prefix(), STORED - 1));
            }
        }
        servers()
                .sql("CREATE ROLE service LOGIN REPLICATION PASSWORD 'right'; GRANT SELECT ON users TO service;"
                        + " CREATE PUBLICATION hotcold_user_api FOR TABLE users");
        admin.writeFile("pg_hba.conf", """
                host all service 127.0.0.1/32 scram-sha-256
                host all all 127.0.0.1/32 trust
                """);
        admin.reload();
        direct = start(
                servers().redis().address(), "127.0.0.1:" + servers().postgres().port());
        Feeds.awaitOwner(direct);
        proxied = start(redisProxy.address(), postgresProxy.address());
    }

    private TestService start(String redis, String postgres) {
        return TestService.start(
                servers(),
                "CHANGE_FEED",
                "auto",
                "VERIFY_USERS_PER_SECOND",
                "10",
                "REDIS_ADDR",
                redis,
                "DATABASE_URL",
                "postgres://" + ROLE + ":right@" + postgres + "/postgres?sslmode=disable");
    }

    Outages outages() {
        return outages;
    }

    PostgresAdmin admin() {
        return admin;
    }

    FaultProxy redisProxy() {
        return redisProxy;
    }

    FaultProxy postgresProxy() {
        return postgresProxy;
    }

    /** The service that a fault hits. */
    TestService service(StoreFault fault) {
        return fault.isOnTheWay() ? proxied : direct;
    }

    Servers servers() {
        return outages.servers();
    }

    RedisCommands<String, byte[]> redis() {
        return outages.servers().redisCommands();
    }

    /** Runs statements where they do not need the database that the services use. */
    void sqlElsewhere(String... statements) {
        String url = servers().postgres().jdbcUrl().replace("/postgres?", "/template1?");
        try (Connection connection = DriverManager.getConnection(url);
                Statement statement = connection.createStatement()) {
            for (String text : statements) {
                statement.execute(text);
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    /** How many reads Redis has not answered to the service that a fault hits. */
    long redisFailures(StoreFault fault) {
        return service(fault).redisFailures();
    }

    /** A number that no earlier lookup of this kind has used. */
    long unusedNumber() {
        long number = idsUsed.getAndIncrement();
        if (number >= STORED) {
            throw new IllegalStateException("more lookups than there are users");
        }
        return number;
    }

    /** Waits until nothing is degraded. */
    void awaitNothingDegraded(StoreFault fault, Duration patience) {
        await().atMost(patience)
                .untilAsserted(() ->
                        assertThat(service(fault).manage("/readyz").body()).contains("\"degraded\":{}"));
    }

    /** Waits until the ids that are to be hits are. */
    void awaitHits(StoreFault fault, Duration patience) {
        TestService service = service(fault);
        await().atMost(patience)
                .until(() -> LookupKind.HIT
                                .ids()
                                .filter(id -> !LookupKind.HIT.isAsEver(service.lookup(id)))
                                .count()
                        == 0);
    }

    @Override
    public void close() {
        redisProxy.heal();
        postgresProxy.heal();
        proxied.close();
        direct.close();
        redisProxy.close();
        postgresProxy.close();
        outages.close();
    }
}
