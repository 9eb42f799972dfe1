package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.local.LocalRedis;
import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.RedisClients;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import io.lettuce.core.protocol.CommandType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Redis servers that change their role while they are used, behind an address that goes on to lead to the primary. */
@Timeout(60)
class RedisRolesIT {

    private static final Path DIRECTORY = Path.of("target", "redis-roles");
    private static final Duration SOON = Duration.ofSeconds(10);

    private final Servers servers = Servers.shared();
    private final LocalRedis first = LocalRedis.start(DIRECTORY);
    private final LocalRedis second = LocalRedis.start(DIRECTORY);
    private final FaultProxy address = FaultProxy.to(first.port());

    @BeforeEach
    void aUser() {
        servers.sql("INSERT INTO users VALUES ('alice', 'd', 'one'), ('bob', 'd', 'one')");
    }

    @AfterEach
    void stop() {
        address.close();
        first.close();
        second.close();
    }

    /** The demoted one keeps what it has, and its connections: no lookup would notice by itself. */
    @Test
    void primaryDemoted_nothingButHits_connectionsFollowTheAddress() {
        try (TestService service = start("CHANGE_FEED", "off")) {
            awaitHit(service, "alice");

            demote(first);
            address.redirectNew(second.port());

            await().atMost(SOON)
                    .until(() ->
                            !isHit(service, "alice") || get(second, "alice").contains("one"));
            awaitHit(service, "alice");
            assertThat(get(second, "alice")).contains("one");
            await().atMost(SOON).until(() -> service.manage("/readyz").body().contains("\"degraded\":{}"));
        }
    }

    /** Each loop has a connection of its own; where ROLE is forbidden, what leases are refused with tells. */
    @Test
    void primaryDemoted_misses_areCachedByTheNewOne() {
        command(first, "ACL", "default", "-role");
        command(second, "ACL", "default", "-role");
        try (TestService service = start("CHANGE_FEED", "off")) {
            awaitHit(service, "alice");
            demote(first);
            address.redirectNew(second.port());

            servers.sql("INSERT INTO users SELECT 'u' || i, '', '' FROM generate_series(1, 200) i");
            for (int i = 1; i <= 200; i++) {
                assertThat(service.lookup("u" + i).status()).isEqualTo(200);
            }

            // All of them each time: the first that is none is cached by that, and would hide the others.
            await().atMost(SOON)
                    .until(() -> IntStream.rangeClosed(1, 200)
                                    .filter(i -> isHit(service, "u" + i))
                                    .count()
                            == 200);
            assertThat(get(second, "u200")).isNotEmpty();
        }
    }

    /** It has the user as it was when it lost its primary. */
    @Test
    void addressLeadsToAReplica_isNotReadAndIsTold() {
        set(first, "alice", "stale");
        demote(first);
        try (TestService service = start()) {
            assertThat(service.lookup("alice").body()).contains("one");
            await().atMost(SOON).until(() -> service.manage("/readyz").body().contains("Redis is a replica"));

            promote(first);

            awaitHit(service, "bob");
            await().atMost(SOON).until(() -> service.manage("/readyz").body().contains("\"degraded\":{}"));
        }
    }

    private TestService start(String... settings) {
        Map<String, String> environment = with("REDIS_ADDR", address.address());
        for (int i = 0; i < settings.length; i += 2) {
            environment.put(settings[i], settings[i + 1]);
        }
        return TestService.start(environment);
    }

    private Map<String, String> with(String name, String value) {
        Map<String, String> environment = servers.environment();
        environment.put(name, value);
        return environment;
    }

    private static boolean isHit(TestService service, String id) {
        return service.lookup(id).body().contains("ok:redis");
    }

    private static void awaitHit(TestService service, String id) {
        await().atMost(SOON).until(() -> isHit(service, id));
    }

    /** A replica of nobody that is there. */
    private static void demote(LocalRedis redis) {
        command(redis, "REPLICAOF", "127.0.0.1", "1");
    }

    private static void promote(LocalRedis redis) {
        command(redis, "REPLICAOF", "NO", "ONE");
    }

    private static void set(LocalRedis redis, String id, String promo) {
        command(
                redis,
                "SET",
                "user:" + id,
                "{\"user_id\":\"" + id + "\",\"deeplink\":\"d\",\"promo_message\":\"" + promo + "\"}");
    }

    private static String get(LocalRedis redis, String id) {
        return command(redis, "GET", "user:" + id);
    }

    private static String command(LocalRedis redis, String... words) {
        RedisClient client = RedisClients.of(RedisURI.create("127.0.0.1", redis.port()));
        try (var connection = client.connect()) {
            var sync = connection.sync();
            return switch (words[0]) {
                case "ACL" -> sync.aclSetuser(words[1], AclSetuserArgs.Builder.removeCommand(CommandType.ROLE));
                case "GET" -> String.valueOf(sync.get(words[1]));
                case "SET" -> sync.set(words[1], words[2]);
                default ->
                    words[1].equals("NO")
                            ? sync.replicaofNoOne()
                            : sync.replicaof(words[1], Integer.parseInt(words[2]));
            };
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
    }
}
