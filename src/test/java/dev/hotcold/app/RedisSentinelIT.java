package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.local.LocalRedis;
import dev.hotcold.local.RedisSentinels;
import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.RedisClients;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.SteadyLoad;
import dev.hotcold.testkit.TestService;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A Redis that Sentinels watch: real Sentinels, real failovers. */
@Timeout(120)
class RedisSentinelIT {

    private static final Path DIRECTORY = Path.of("target", "redis-sentinel");
    private static final Duration SOON = Duration.ofSeconds(20);

    private final Servers servers = Servers.shared();
    private final LocalRedis first = LocalRedis.start(DIRECTORY);
    private final LocalRedis second = LocalRedis.start(
            DIRECTORY,
            0,
            List.of(
                    // What a replica gets from its primary it writes to a file.
                    "--dir",
                    DIRECTORY.toAbsolutePath().toString(),
                    "--replicaof",
                    "127.0.0.1",
                    Integer.toString(first.port())));

    @AfterEach
    void stop() {
        first.close();
        second.close();
    }

    @Test
    void failover_connectionsOfLookupsAndFeedFollowThePrimary() {
        servers.sql("INSERT INTO users VALUES ('alice', 'd', 'one')");
        try (RedisSentinels sentinels = new RedisSentinels(DIRECTORY, first, 1);
                TestService service = start(sentinels.address())) {
            Feeds.awaitOwner(service);
            awaitHit(service, "alice");

            sentinels.failOver();

            assertThat(sentinels.primary()).isEqualTo(second.port());
            await().atMost(SOON).until(() -> role(first).equals("slave"));
            servers.sql("UPDATE users SET promo_message = 'two'");
            await().atMost(SOON).until(() -> service.lookup("alice").body().contains("two") && isHit(service, "alice"));
            await().atMost(SOON).until(() -> service.manage("/readyz").body().contains("\"degraded\":{}"));
        }
    }

    @Test
    void primaryKilled_everyLookupIsAnsweredAndHitsComeBack() {
        servers.sql("INSERT INTO users SELECT 'u' || i, '', 'one' FROM generate_series(1, 100) i");
        try (RedisSentinels sentinels = new RedisSentinels(DIRECTORY, first, 1);
                TestService service = start(sentinels.address())) {
            List<String> ids =
                    IntStream.rangeClosed(1, 100).mapToObj(i -> "u" + i).toList();
            ids.forEach(id -> awaitHit(service, id));
            try (SteadyLoad load = SteadyLoad.begin(service.port(), 300, i -> ids.get((int) (i % 100)))) {
                first.close();
                await().atMost(SOON).until(() -> sentinels.primary() == second.port());
                ids.forEach(id -> awaitHit(service, id));

                assertThat(load.answers()).allMatch(answer -> answer.response().status() == 200);
            }
        }
    }

    /** The one that the Sentinels would ask for a primary that they do not know. */
    @Test
    void nameThatSentinelsDoNotWatch_isTold() {
        servers.sql("INSERT INTO users VALUES ('alice', 'd', 'one')");
        try (RedisSentinels sentinels = new RedisSentinels(DIRECTORY, first, 1);
                TestService service = start(sentinels.address().replace("master=main", "master=other"))) {
            assertThat(service.lookup("alice").body()).contains("ok:postgres");
            assertThat(service.manage("/readyz").body())
                    .contains("cannot connect to redis-sentinel://" + sentinels.hosts() + "/0?master=other: ", "other");
        }
    }

    @Test
    void sentinelInPlaceOfARedis_isTold() {
        servers.sql("INSERT INTO users VALUES ('alice', 'd', 'one')");
        try (RedisSentinels sentinels = new RedisSentinels(DIRECTORY, first, 1);
                TestService service = start(sentinels.first())) {
            assertThat(service.lookup("alice").body()).contains("ok:postgres");
            assertThat(service.manage("/readyz").body()).contains("let REDIS_ADDR begin with redis-sentinel://");
        }
    }

    private TestService start(String address) {
        Map<String, String> environment = servers.environment();
        environment.put("REDIS_ADDR", address);
        return TestService.start(environment);
    }

    private static boolean isHit(TestService service, String id) {
        return service.lookup(id).body().contains("ok:redis");
    }

    private static void awaitHit(TestService service, String id) {
        await().atMost(SOON).until(() -> isHit(service, id));
    }

    private static String role(LocalRedis redis) {
        RedisClient client = RedisClients.of(RedisURI.create("127.0.0.1", redis.port()));
        try (var connection = client.connect()) {
            return String.valueOf(connection.sync().role().getFirst());
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
    }
}
