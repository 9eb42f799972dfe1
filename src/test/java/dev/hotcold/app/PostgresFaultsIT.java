package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Answer;
import dev.hotcold.testkit.Burst;
import dev.hotcold.testkit.Outages;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.TableLock;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonObject;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * PostgreSQL fails in every way it knows while the service runs, and comes back. One service sees all faults in turn, so
 * that what one of them leaves behind would spoil the next.
 */
@ExtendWith(RealServers.class)
class PostgresFaultsIT {

    /** REQUEST_TIMEOUT_MS, as it is by default. */
    private static final Duration BUDGET = Duration.ofMillis(300);

    /** No answer is later, however busy the machine that runs client, service and servers. */
    private static final Duration BUSY_MACHINE = Duration.ofSeconds(1);

    private static final Duration RECOVERY = Duration.ofSeconds(15);
    private static final int USERS = 200;
    private static final int MOST_CONNECTIONS = 4;
    private static final String OURS = " FROM pg_stat_activity WHERE application_name = 'hotcold-user-api'";

    /** Ends a fault. */
    private interface Repair extends AutoCloseable {
        @Override
        void close();
    }

    private enum Fault {
        STOPPED {
            @Override
            Repair begin(Outages outages) {
                outages.stopPostgres();
                return outages::startPostgres;
            }
        },
        KILLED {
            @Override
            Repair begin(Outages outages) {
                outages.killPostgres();
                return outages::startPostgres;
            }
        },
        FROZEN {
            @Override
            Repair begin(Outages outages) {
                outages.freezePostgres();
                return outages::thaw;
            }
        },
        LOCKED {
            @Override
            Repair begin(Outages outages) {
                return TableLock.take(outages.servers())::close;
            }
        };

        abstract Repair begin(Outages outages);
    }

    private static Outages outages;
    private static TestService service;

    @BeforeAll
    static void start(Outages own) {
        outages = own;
        outages.servers()
                .sql("INSERT INTO users SELECT 'u' || i, 'app://' || i, 'promo ' || i FROM generate_series(0, "
                        + (USERS - 1) + ") i");
        outages.servers().put("cached", "app://cached", "cached");
        service = TestService.start(outages.servers(), "PG_MAX_CONNS", Integer.toString(MOST_CONNECTIONS));
    }

    @AfterAll
    static void stop() {
        service.close();
    }

    /** Everything works, the connections are warm, and of the users only one is cached. */
    @BeforeEach
    void reset() {
        awaitRecovered();
        outages.servers().redisCommands().flushall();
        await().until(() -> service.lookup("cached").body().contains("ok:redis"));
    }

    static Stream<Arguments> faultsAndConcurrency() {
        return Arrays.stream(Fault.values())
                .flatMap(fault -> Stream.of(1, USERS).map(concurrency -> Arguments.of(fault, concurrency)));
    }

    @ParameterizedTest
    @MethodSource("faultsAndConcurrency")
    void lookup_postgresFails_missesGetThe500InTimeAndRecoverAfterwards(Fault fault, int concurrency) {
        try (var _ = fault.begin(outages)) {
            List<List<Answer>> bursts = Stream.generate(() -> Burst.of(service.port(), users(concurrency)))
                    .limit(5)
                    .toList();

            for (List<Answer> burst : bursts) {
                burst.forEach(PostgresFaultsIT::assertInternalError);
                assertThat(Answer.quantile(burst, 1)).isLessThan(BUSY_MACHINE);
            }
            assertThat(Answer.quantile(bursts.stream().flatMap(List::stream).toList(), 0.5))
                    .isLessThan(BUDGET.plusMillis(50));
            assertReadyButDegraded();
        }
        awaitRecovered();
        assertThat(outages.servers().queryLong("SELECT count(*)" + OURS)).isBetween(1L, (long) MOST_CONNECTIONS);
    }

    @ParameterizedTest
    @MethodSource("faultsAndConcurrency")
    void lookup_postgresFails_cachedUsersStillAnswerAtOnce(Fault fault, int concurrency) {
        List<String> mixed = Stream.concat(users(concurrency).stream(), Collections.nCopies(20, "cached").stream())
                .toList();
        try (var _ = fault.begin(outages)) {
            List<Answer> burst = Burst.of(service.port(), mixed);

            List<Answer> hits = burst.subList(concurrency, mixed.size());
            assertThat(hits).allSatisfy(hit -> {
                assertThat(hit.response().status()).isEqualTo(200);
                assertThat(hit.response().body()).contains("\"message\":\"ok:redis\"", "app://cached");
            });
            assertThat(Answer.quantile(hits, 0.5)).isLessThan(BUDGET.dividedBy(2));
        }
    }

    @Test
    void lookup_tableLocked_leavesNoQueryBehindInPostgres() {
        try (var _ = TableLock.take(outages.servers())) {
            Burst.of(service.port(), users(USERS));

            // The service's own probes run into the lock as well, but none of its queries waits there for long.
            await().atMost(RECOVERY)
                    .until(() -> outages.servers().queryLong("SELECT count(*)" + OURS + " AND state = 'active'") == 0);
            assertThat(outages.servers()
                            .queryLong("SELECT count(*)" + OURS
                                    + " AND state = 'active' AND now() - query_start > interval '5 seconds'"))
                    .isZero();
        }
    }

    private static List<String> users(int count) {
        return IntStream.range(0, count).mapToObj(i -> "u" + i).toList();
    }

    private static void assertInternalError(Answer answer) {
        assertThat(answer.response().status()).isEqualTo(500);
        assertThat(answer.response().header("Content-Type")).isEqualTo("application/json; charset=utf-8");
        assertThat(answer.response().body())
                .matches("\\{\"code\":500,\"message\":\"internal error\",\"cache_hit\":false,"
                        + "\"metadata\":\\{\"timestamp\":\"[0-9T:-]+Z\",\"version\":\"v1\"}}");
    }

    private static void assertReadyButDegraded() {
        assertThat(service.manage("/readyz").status()).isEqualTo(200);
        assertThat(degraded().fieldNames()).containsExactly("postgres");
    }

    private static void awaitRecovered() {
        await().atMost(RECOVERY).untilAsserted(() -> {
            assertThat(Burst.of(service.port(), users(USERS)))
                    .allMatch(answer -> answer.response().status() == 200);
            assertThat(degraded().isEmpty()).isTrue();
        });
    }

    private static JsonObject degraded() {
        return new JsonObject(service.manage("/readyz").body()).getJsonObject("degraded");
    }
}
