package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.local.LocalRedis;
import dev.hotcold.local.RedisSentinels;
import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.LoggedWarnings;
import dev.hotcold.testkit.RedisClients;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.SteadyLoad;
import dev.hotcold.testkit.TestService;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.CommandType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A Redis that Sentinels watch: real Sentinels, real failovers. */
@Timeout(120)
class RedisSentinelIT {

    private static final Path DIRECTORY = Path.of("target", "redis-sentinel");
    private static final Duration SOON = Duration.ofSeconds(20);

    private final Servers servers = Servers.shared();
    private final LocalRedis first = LocalRedis.start(DIRECTORY, 0, List.of("--repl-diskless-sync-delay", "0"));
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

    /** A replica that has not copied its primary yet may be promoted too. */
    @BeforeEach
    void awaitCopy() {
        await().atMost(SOON)
                .until(() -> at(second, redis -> redis.info("replication")).contains("master_link_status:up"));
    }

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

    /** For seconds as a rule; here for ever, as it may not be made a replica. */
    @Test
    void failover_formerPrimaryStillSaysThatItIsOne_isLeftWithAllThatIsCachedKept() {
        servers.sql("INSERT INTO users SELECT 'u' || i, '', 'one' FROM generate_series(1, 100) i");
        try (RedisSentinels sentinels = new RedisSentinels(DIRECTORY, first, 1);
                TestService service = start(sentinels.address())) {
            Feeds.awaitOwner(service);
            await().atMost(SOON)
                    .until(() -> IntStream.rangeClosed(1, 100)
                                    .filter(i -> isHit(service, "u" + i))
                                    .count()
                            == 100);
            double flushes = service.metric("hotcold_changefeed_clears_total");
            at(
                    first,
                    redis -> redis.aclSetuser(
                            "default",
                            AclSetuserArgs.Builder.removeCommand(CommandType.REPLICAOF)
                                    .removeCommand(CommandType.SLAVEOF)));

            sentinels.failOver();
            servers.sql("UPDATE users SET promo_message = 'two' WHERE user_id IN ('u1', 'u2', 'u3')");

            await().atMost(SOON).until(() -> connectionsOfService(first) == 0 && connectionsOfService(second) > 0);
            await().atMost(SOON).until(() -> service.manage("/readyz").body().contains("\"degraded\":{}"));
            await().atMost(SOON)
                    .until(() -> !at(second, redis -> String.valueOf(redis.get("user:u1")))
                            .contains("one"));
            assertThat(role(first)).isEqualTo("master");
            int kept = at(second, redis -> redis.keys("user:u*").size());
            assertThat(kept).isGreaterThanOrEqualTo(97);
            assertThat(service.lookup("u1").body()).contains("two");
            awaitHit(service, "u50");
            assertThat(service.metric("hotcold_changefeed_clears_total")).isEqualTo(flushes);
        }
    }

    @Test
    void sentinelsThatMayNotBeHeard_areToldAndHeardAsSoonAsTheyMay() {
        servers.sql("INSERT INTO users VALUES ('alice', 'd', 'one')");
        try (LoggedWarnings warnings = LoggedWarnings.begin();
                RedisSentinels sentinels =
                        new RedisSentinels(DIRECTORY, first, 1, "user reader on >secret ~* +@all -subscribe");
                TestService service = start(
                        sentinels.address(),
                        "REDIS_SENTINEL_USERNAME",
                        "reader",
                        "REDIS_SENTINEL_PASSWORD",
                        "secret")) {
            awaitHit(service, "alice");
            await().atMost(SOON)
                    .until(() -> warnings.lines().stream()
                                    .filter(RedisSentinelIT::isOfDeafness)
                                    .count()
                            == 3);

            sentinels.commandEach("ACL", "SETUSER", "reader", "+subscribe", "&+switch-master");

            await().atMost(SOON).until(sentinels::areAllHeard);
            assertThat(warnings.lines().stream().filter(RedisSentinelIT::isOfDeafness))
                    .hasSize(3);
        }
    }

    private static boolean isOfDeafness(String line) {
        return line.contains("does not let +switch-master be heard");
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

    private TestService start(String address, String... settings) {
        Map<String, String> environment = servers.environment();
        environment.put("REDIS_ADDR", address);
        for (int i = 0; i < settings.length; i += 2) {
            environment.put(settings[i], settings[i + 1]);
        }
        return TestService.start(environment);
    }

    private static boolean isHit(TestService service, String id) {
        return service.lookup(id).body().contains("ok:redis");
    }

    private static void awaitHit(TestService service, String id) {
        await().atMost(SOON).until(() -> isHit(service, id));
    }

    private static String role(LocalRedis redis) {
        return at(redis, commands -> String.valueOf(commands.role().getFirst()));
    }

    private static long connectionsOfService(LocalRedis redis) {
        return at(redis, RedisCommands::clientList)
                .lines()
                .filter(line -> line.contains("name=hotcold-user-api"))
                .count();
    }

    /** Asks again if the connection is ended: a Sentinel that changes a role ends all of them, half open ones too. */
    private static <T> T at(LocalRedis redis, Function<RedisCommands<String, String>, T> question) {
        return await().atMost(SOON)
                .ignoreException(RedisConnectionException.class)
                .until(() -> ask(redis, question), answer -> true);
    }

    private static <T> T ask(LocalRedis redis, Function<RedisCommands<String, String>, T> question) {
        RedisClient client = RedisClients.of(RedisURI.create("127.0.0.1", redis.port()));
        try (var connection = client.connect()) {
            return question.apply(connection.sync());
        } finally {
            client.shutdown(Duration.ZERO, Duration.ofSeconds(1));
        }
    }
}
