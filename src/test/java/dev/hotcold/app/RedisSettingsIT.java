package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.lettuce.core.AclSetuserArgs;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Each setting of where and how Redis is reached, and of what is stored there, has its effect. Services that run side by
 * side use databases of their own, by which Redis tells their connections apart.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@ExtendWith(RealServers.class)
class RedisSettingsIT {

    private static final String HIT = "redis; hit";
    private static final String MISS = "redis; fwd=miss";
    private static final String NO_REDIS = "redis; fwd=miss; detail=unreachable";

    private static Servers servers;

    @BeforeAll
    static void take(Servers own) {
        servers = own;
    }

    @BeforeEach
    void putUsers() {
        servers.reset();
        servers.put("alice", "app://alice", "Hi");
        servers.put("bob", "app://bob", "Hi");
    }

    @Test
    void address_hostAndPortOrUrl_isWhereUsersAreKept() {
        int port = servers.redis().port();
        try (TestService plain = start("REDIS_ADDR", "localhost:" + port);
                TestService url = start("REDIS_ADDR", "redis://127.0.0.1:" + port);
                TestService other = start("REDIS_ADDR", "redis://127.0.0.1:" + port + "/5")) {
            Response first = plain.lookup("alice");

            assertThat(first.header("Cache-Status")).isEqualTo(MISS);
            await().until(() -> servers.cached("alice").contains("app://alice"));
            assertThat(url.lookup("alice").header("Cache-Status")).isEqualTo(HIT);
            assertThat(other.lookup("alice").header("Cache-Status")).isEqualTo(MISS);
        }
    }

    @Test
    void username_andPassword_areLoggedInWith() {
        servers.redisCommands()
                .aclSetuser(
                        "reader",
                        AclSetuserArgs.Builder.reset()
                                .on()
                                .addPassword("s3:cr@t/%")
                                .keyPattern("user:*")
                                .keyPattern("lease:{user:*")
                                .keyPattern("absent:{user:*")
                                .allCommands());
        String url = "redis://reader:s3%3Acr%40t%2F%25@" + servers.redis().address();
        try (TestService variables = start("REDIS_USERNAME", "reader", "REDIS_PASSWORD", "s3:cr@t/%");
                TestService inUrl = start("REDIS_ADDR", url);
                TestService wrong = start("REDIS_USERNAME", "reader", "REDIS_PASSWORD", "wrong")) {

            assertThat(variables.lookup("alice").header("Cache-Status")).isEqualTo(MISS);
            assertThat(inUrl.lookup("alice").header("Cache-Status")).isEqualTo(HIT);
            assertThat(wrong.lookup("alice").header("Cache-Status")).isEqualTo(NO_REDIS);
            assertThat(wrong.manage("/readyz").body()).contains("WRONGPASS");
            assertThat(servers.redisCommands().clientList()).contains(" user=reader ");
        }
    }

    @Test
    void password_alone_isTheOneOfTheDefaultUser() {
        servers.redisCommands().configSet("requirepass", "open sesame");
        try (TestService right = start("REDIS_PASSWORD", "open sesame");
                TestService none = start()) {

            assertThat(right.lookup("alice").header("Cache-Status")).isEqualTo(MISS);
            assertThat(right.lookup("alice").header("Cache-Status")).isEqualTo(HIT);
            assertThat(none.lookup("alice").header("Cache-Status")).isEqualTo(NO_REDIS);
            assertThat(none.manage("/readyz").body()).contains("NOAUTH");
        } finally {
            servers.redisCommands().configSet("requirepass", "");
        }
    }

    @Test
    void database_number_isWhereTheKeyAppears() {
        try (TestService service = start("REDIS_DB", "3")) {
            service.lookup("alice");
            service.lookup("alice");

            assertThat(servers.cached("alice")).isEmpty();
            servers.redisCommands().select(3);
            await().until(() -> servers.cached("alice").contains("app://alice"));
        } finally {
            servers.redisCommands().select(0);
        }
    }

    @Test
    void dialTimeout_serverThatNeverAnswers_isGivenUpAndTriedAgain() {
        try (FaultProxy hole = FaultProxy.blackHole(servers.redis().port());
                FaultProxy otherHole = FaultProxy.blackHole(servers.redis().port());
                TestService quick = TestService.start(
                        servers, "REDIS_ADDR", hole.address(), "REDIS_DIAL_TIMEOUT_MS", "100", "PG_MAX_CONNS", "1");
                TestService patient = TestService.start(
                        servers,
                        "REDIS_ADDR",
                        otherHole.address(),
                        "REDIS_DIAL_TIMEOUT_MS",
                        "50000",
                        "PG_MAX_CONNS",
                        "1",
                        "REDIS_MIN_IDLE_CONNS",
                        "0")) {
            patient.lookup("alice");

            await().atMost(Duration.ofSeconds(20)).until(() -> hole.accepted() >= 4);

            assertThat(otherHole.accepted()).isEqualTo(1);
            assertThat(quick.lookup("alice").header("Cache-Status")).isEqualTo(NO_REDIS);
            assertThat(quick.manage("/readyz").body()).contains("\"redis\"");
            hole.cutAndRelease();
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> quick.lookup("alice").header("Cache-Status").equals(HIT));
        }
    }

    @ParameterizedTest
    @CsvSource({"0", "1", "8"})
    void minIdleConns_number_isHowManyAreOpenWhenReady(int connections) {
        int loops = Runtime.getRuntime().availableProcessors();
        try (TestService service = start("REDIS_MIN_IDLE_CONNS", Integer.toString(connections), "REDIS_DB", "4")) {

            assertThat(connectionIds(4)).hasSize(Math.min(connections, loops));

            service.lookup("alice");
            await().until(() -> !connectionIds(4).isEmpty());
        }
    }

    @Test
    void connMaxIdle_unusedConnection_isReplacedUnlessNever() {
        try (TestService replacing = start("REDIS_CONN_MAX_IDLE_SEC", "1", "REDIS_DB", "6");
                TestService keeping = start("REDIS_CONN_MAX_IDLE_SEC", "0", "REDIS_DB", "7")) {
            Set<String> replaced = connectionIds(6);
            Set<String> kept = connectionIds(7);

            await().atMost(Duration.ofSeconds(20))
                    .until(() -> connectionIds(6).stream().noneMatch(replaced::contains));

            assertThat(connectionIds(7)).isEqualTo(kept).hasSameSizeAs(replaced).isNotEmpty();
            replacing.lookup("alice");
            assertThat(replacing.lookup("alice").header("Cache-Status")).isEqualTo(HIT);
            assertThat(keeping.lookup("alice").header("Cache-Status")).isEqualTo(MISS);
        }
    }

    @ParameterizedTest
    @CsvSource({"100, 85, 100", "0, -1, -1"})
    void timeToLive_ofAStoredUser_isAsSet(String seconds, long least, long most) {
        try (TestService service = start("CACHE_TTL_SECONDS", seconds, "CACHE_STALE_SECONDS", "0")) {
            service.lookup("alice");

            await().until(() -> !servers.cached("alice").isEmpty());
            assertThat(servers.redisCommands().ttl("user:alice")).isBetween(least, most);
        }
    }

    /** Its connections are open when it is ready, however busy the machine is. */
    private static TestService start(String... settings) {
        return TestService.start(servers, new String[] {"REDIS_DIAL_TIMEOUT_MS", "10000"}, settings);
    }

    /** Redis' ids of the services' connections that have selected a database. */
    private static Set<String> connectionIds(int database) {
        return Pattern.compile("id=(\\d+) .* name=hotcold-user-api .* db=" + database + " ")
                .matcher(servers.redisCommands().clientList())
                .results()
                .map(client -> client.group(1))
                .collect(Collectors.toSet());
    }
}
