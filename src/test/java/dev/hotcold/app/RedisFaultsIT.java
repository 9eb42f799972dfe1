package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Answer;
import dev.hotcold.testkit.Burst;
import dev.hotcold.testkit.Outages;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.TestService;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.KillArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.CommandType;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Redis fails in every way it knows while the service runs, and comes back. One service sees all faults in turn, so that
 * what one of them leaves behind would spoil the next.
 */
@ExtendWith(RealServers.class)
class RedisFaultsIT {

    /** REQUEST_TIMEOUT_MS, as it is by default. */
    private static final Duration BUDGET = Duration.ofMillis(300);

    private static final Duration RECOVERY = Duration.ofSeconds(10);
    private static final int USERS = 200;

    /** Ends a fault. */
    private interface Repair extends AutoCloseable {
        @Override
        void close();
    }

    /** Redis reads nothing. */
    private enum ReadFault {
        KILLED {
            @Override
            Repair begin(Outages outages) {
                outages.killRedis();
                return outages::startRedis;
            }
        },
        FROZEN {
            @Override
            Repair begin(Outages outages) {
                outages.freezeRedis();
                return outages::thaw;
            }
        },
        READS_FORBIDDEN {
            @Override
            Repair begin(Outages outages) {
                RedisCommands<String, byte[]> redis = outages.servers().redisCommands();
                redis.aclSetuser("default", AclSetuserArgs.Builder.removeCommand(CommandType.MGET));
                return () -> redis.aclSetuser("default", AclSetuserArgs.Builder.addCommand(CommandType.MGET));
            }
        },
        LOGIN_REFUSED {
            @Override
            Repair begin(Outages outages) {
                RedisCommands<String, byte[]> redis = outages.servers().redisCommands();
                redis.configSet("requirepass", "changed");
                redis.clientKill(KillArgs.Builder.typeNormal().skipme());
                return () -> redis.configSet("requirepass", "");
            }
        };

        abstract Repair begin(Outages outages);
    }

    /** Redis stores nothing. */
    private enum WriteFault {
        READ_ONLY {
            @Override
            Repair begin(Outages outages) {
                RedisCommands<String, byte[]> redis = outages.servers().redisCommands();
                redis.replicaof("127.0.0.1", 1);
                return redis::replicaofNoOne;
            }
        },
        FULL {
            @Override
            Repair begin(Outages outages) {
                RedisCommands<String, byte[]> redis = outages.servers().redisCommands();
                redis.configSet("maxmemory", "1");
                return () -> redis.configSet("maxmemory", "512mb");
            }
        };

        abstract Repair begin(Outages outages);
    }

    private static Outages outages;
    private static TestService service;

    @BeforeAll
    static void start(Outages own, TestService onThem) {
        outages = own;
        service = onThem;
        outages.servers()
                .sql("INSERT INTO users SELECT 'u' || i, 'app://' || i, 'promo ' || i FROM generate_series(0, "
                        + (USERS - 1) + ") i");
    }

    @BeforeEach
    void awaitRecovered() {
        await().atMost(RECOVERY).untilAsserted(() -> {
            assertAll(lookUp(USERS), "ok:redis");
            assertThat(degraded().isEmpty()).isTrue();
        });
    }

    static Stream<Arguments> readFaultsAndConcurrency() {
        return Arrays.stream(ReadFault.values())
                .flatMap(fault -> Stream.of(1, USERS).map(concurrency -> Arguments.of(fault, concurrency)));
    }

    @ParameterizedTest
    @MethodSource("readFaultsAndConcurrency")
    void lookup_redisCannotRead_isAnsweredByPostgresWithinTheBudgetAndHitsAgainAfterwards(
            ReadFault fault, int concurrency) {
        try (var _ = fault.begin(outages)) {
            List<List<Answer>> bursts =
                    Stream.generate(() -> lookUp(concurrency)).limit(5).toList();

            for (List<Answer> burst : bursts) {
                assertAll(burst, "ok:postgres");
                assertThat(Answer.quantile(burst, 0.5)).isLessThan(BUDGET.plusMillis(50));
            }
            assertReadyButDegraded();
        }
        awaitRecovered();
    }

    @ParameterizedTest
    @EnumSource
    void lookup_redisCannotStore_isAnsweredByPostgresAndHitsAgainAfterwards(WriteFault fault) {
        outages.servers().redisCommands().flushall();
        try (var _ = fault.begin(outages)) {
            List<List<Answer>> bursts =
                    Stream.generate(() -> lookUp(USERS)).limit(3).toList();

            for (List<Answer> burst : bursts) {
                assertAll(burst, "ok:postgres");
                assertThat(Answer.quantile(burst, 0.5)).isLessThan(BUDGET.plusMillis(50));
            }
            assertReadyButDegraded();
        }
        awaitRecovered();
    }

    /** Until it is left, which may be at once, it serves what it has. */
    @Test
    void lookup_redisBecomesAReplica_isAnsweredByEitherStore() {
        try (var _ = WriteFault.READ_ONLY.begin(outages)) {
            List<Answer> burst = lookUp(USERS);

            assertThat(burst).allMatch(answer -> answer.status() == 200);
            assertThat(burst.getFirst().response().body()).containsPattern("ok:(redis|postgres)");
            assertThat(burst)
                    .allSatisfy(answer -> assertThat(answer.response().body())
                            .contains("\"promo_message\":\"promo "
                                    + answer.userId().substring(1) + "\""));
        }
    }

    @ParameterizedTest
    @EnumSource
    void degraded_redisStoresAgain_endsWithoutALookup(WriteFault fault) {
        outages.servers().redisCommands().flushall();
        try (var _ = fault.begin(outages)) {
            assertAll(lookUp(USERS), "ok:postgres");
            assertReadyButDegraded();
        }
        await().atMost(RECOVERY)
                .untilAsserted(() -> assertThat(degraded().isEmpty()).isTrue());
    }

    @Test
    void degraded_redisRemovesNothing_outlastsAProbeAndEndsWithoutALookup() {
        RedisCommands<String, byte[]> redis = outages.servers().redisCommands();
        redis.flushall();
        try (var _ = removalForbidden(redis)) {
            assertAll(lookUp(USERS), "ok:postgres");
            await().atMost(RECOVERY).untilAsserted(RedisFaultsIT::assertReadyButDegraded);
            await().atMost(RECOVERY).until(() -> redis.exists("lease:{user:}") == 1);
            assertReadyButDegraded();
        }
        await().atMost(RECOVERY)
                .untilAsserted(() -> assertThat(degraded().isEmpty()).isTrue());
    }

    /** Users are stored, but leases do not end. */
    private static Repair removalForbidden(RedisCommands<String, byte[]> redis) {
        redis.aclSetuser("default", AclSetuserArgs.Builder.removeCommand(CommandType.DEL));
        return () -> redis.aclSetuser("default", AclSetuserArgs.Builder.addCommand(CommandType.DEL));
    }

    private static List<Answer> lookUp(int users) {
        return Burst.of(
                service.port(), IntStream.range(0, users).mapToObj(i -> "u" + i).toList());
    }

    private static void assertAll(List<Answer> burst, String message) {
        for (int i = 0; i < burst.size(); i++) {
            Response response = burst.get(i).response();
            JsonObject body = new JsonObject(response.body());
            body.remove("metadata");
            assertThat(body.encode())
                    .isEqualTo(new JsonObject()
                            .put("code", 200)
                            .put("message", message)
                            .put("user_id", "u" + i)
                            .put("deeplink", "app://" + i)
                            .put("promo_message", "promo " + i)
                            .put("cache_hit", message.equals("ok:redis"))
                            .encode());
            assertThat(response.header("Cache-Status"))
                    .startsWith(message.equals("ok:redis") ? "redis; hit" : "redis; fwd=miss");
        }
    }

    private static void assertReadyButDegraded() {
        assertThat(service.manage("/readyz").status()).isEqualTo(200);
        assertThat(degraded().fieldNames()).containsExactly("redis");
    }

    private static JsonObject degraded() {
        return new JsonObject(service.manage("/readyz").body()).getJsonObject("degraded");
    }
}
