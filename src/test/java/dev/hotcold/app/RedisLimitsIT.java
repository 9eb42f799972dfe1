package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.Signals;
import dev.hotcold.testkit.TableLock;
import dev.hotcold.testkit.TestService;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Each bound of the time, number and repetition of Redis commands has its effect, while Redis stands still or is cut off. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@ExtendWith(RealServers.class)
class RedisLimitsIT {

    private static final String MISS = "redis; fwd=miss";
    private static final String NO_REDIS = "redis; fwd=miss; detail=unreachable";
    private static final String IN_FLIGHT = "hotcold_hot_batches_in_flight";

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

    @AfterEach
    void thawRedis() {
        Signals.thaw(servers.redis().pid());
    }

    @ParameterizedTest
    @CsvSource({"200", "1500"})
    void readTimeout_redisFrozen_isHowLongALookupWaitsForIt(int millis) {
        try (TestService service =
                start("REDIS_READ_TIMEOUT_MS", Integer.toString(millis), "REQUEST_TIMEOUT_MS", "60000")) {
            Signals.freeze(servers.redis().pid());
            long begin = System.nanoTime();

            Response response = service.lookup("alice");

            Duration duration = Duration.ofNanos(System.nanoTime() - begin);
            assertThat(response.header("Cache-Status")).isEqualTo(NO_REDIS);
            assertThat(duration).isBetween(Duration.ofMillis(millis - 10), Duration.ofMillis(millis + 10_000));
            assertThat(service.metric("hotcold_hot_read_failures_total{failure=\"timeout\"}"))
                    .isEqualTo(1);
        }
    }

    @Test
    void writeTimeout_redisFrozenBeforeTheFill_countsTheFillAsFailed() {
        String failures = "hotcold_hot_fill_failures_total{failure=\"timeout\"}";
        String[] patience = {"REQUEST_TIMEOUT_MS", "60000", "REDIS_READ_TIMEOUT_MS", "30000"};
        try (TestService quick = start(with(patience, "REDIS_WRITE_TIMEOUT_MS", "100", "REDIS_DB", "1"));
                TestService patient = start(with(patience, "REDIS_WRITE_TIMEOUT_MS", "30000", "REDIS_DB", "2"));
                RawClient first = RawClient.connect(quick.port());
                RawClient second = RawClient.connect(patient.port())) {
            try (var _ = TableLock.take(servers)) {
                first.send(RawClient.request("alice"));
                second.send(RawClient.request("alice"));
                await().until(() -> quick.metric("hotcold_cold_batches_in_flight") == 1);
                await().until(() -> patient.metric("hotcold_cold_batches_in_flight") == 1);
                Signals.freeze(servers.redis().pid());
            }
            assertThat(first.readResponse().header("Cache-Status")).isEqualTo(MISS);
            assertThat(second.readResponse().header("Cache-Status")).isEqualTo(MISS);

            await().until(() -> quick.metric(failures) == 1);

            assertThat(patient.metric(failures)).isZero();
        }
    }

    @Test
    void poolSize_one_sendsOneBatchAndGathersTheReadsThatWait() {
        try (TestService service =
                start(slowRedis("REDIS_POOL_SIZE", "1", "PG_MAX_CONNS", "1", "REDIS_POOL_TIMEOUT_MS", "20000"))) {
            List<RawClient> clients = clients(service, 12);
            Signals.freeze(servers.redis().pid());
            clients.getFirst().send(RawClient.request("u0"));
            await().until(() -> service.metric(IN_FLIGHT) == 1);

            IntStream.range(1, 12).forEach(i -> clients.get(i).send(RawClient.request("u" + i)));

            // Answered by the one loop, in a later turn than those that were sent before.
            service.lookup("not%20an%20id");
            service.lookup("not%20an%20id");
            assertThat(service.metric(IN_FLIGHT)).isEqualTo(1);
            Signals.thaw(servers.redis().pid());
            assertThat(clients)
                    .allMatch(client ->
                            client.readResponse().header("Cache-Status").equals(MISS));
            assertThat(service.metric("hotcold_hot_batch_size_count")).isEqualTo(2);
            assertThat(service.metric("hotcold_hot_batch_size_sum")).isEqualTo(12);
            clients.forEach(RawClient::close);
        }
    }

    @Test
    void poolSize_more_isTheBoundOverAllLoops() {
        try (TestService service = start(slowRedis("REDIS_POOL_SIZE", "4", "REDIS_POOL_TIMEOUT_MS", "20000"))) {
            List<RawClient> clients = clients(service, 24);
            Signals.freeze(servers.redis().pid());

            IntStream.range(0, 24).forEach(i -> {
                clients.get(i).send(RawClient.request("u" + i));
                assertThat(service.metric(IN_FLIGHT)).isLessThanOrEqualTo(4);
            });

            await().until(() -> service.metric(IN_FLIGHT) >= 2);
            Signals.thaw(servers.redis().pid());
            assertThat(clients)
                    .allMatch(client ->
                            client.readResponse().header("Cache-Status").equals(MISS));
            assertThat(service.metric(IN_FLIGHT)).isZero();
            clients.forEach(RawClient::close);
        }
    }

    @Test
    void poolSize_lessThanEventLoops_isOneBatchForEachOfThem() {
        int loops = Runtime.getRuntime().availableProcessors();
        try (TestService service = start(slowRedis("REDIS_POOL_SIZE", "1", "REDIS_POOL_TIMEOUT_MS", "20000"))) {
            List<RawClient> clients = clients(service, 12 * loops);
            Signals.freeze(servers.redis().pid());

            IntStream.range(0, clients.size()).forEach(i -> {
                clients.get(i).send(RawClient.request("u" + i));
                assertThat(service.metric(IN_FLIGHT)).isLessThanOrEqualTo(loops);
            });

            await().until(() -> service.metric(IN_FLIGHT) == loops);
            Signals.thaw(servers.redis().pid());
            assertThat(clients)
                    .allMatch(client ->
                            client.readResponse().header("Cache-Status").equals(MISS));
            clients.forEach(RawClient::close);
        }
    }

    @Test
    void poolTimeout_readThatWaitsLonger_isAnsweredByPostgres() {
        String overloaded = "hotcold_hot_read_failures_total{failure=\"overloaded\"}";
        try (TestService quick =
                        start(slowRedis("REDIS_POOL_SIZE", "1", "PG_MAX_CONNS", "1", "REDIS_POOL_TIMEOUT_MS", "150"));
                TestService patient = start(
                        slowRedis("REDIS_POOL_SIZE", "1", "PG_MAX_CONNS", "1", "REDIS_POOL_TIMEOUT_MS", "20000"))) {
            List<RawClient> quickly = clients(quick, 2);
            List<RawClient> patiently = clients(patient, 2);
            Signals.freeze(servers.redis().pid());
            quickly.getFirst().send(RawClient.request("alice"));
            patiently.getFirst().send(RawClient.request("alice"));
            await().until(() -> quick.metric(IN_FLIGHT) == 1 && patient.metric(IN_FLIGHT) == 1);
            patiently.getLast().send(RawClient.request("bob"));
            long begin = System.nanoTime();

            Response response = quickly.getLast().lookup("bob");

            assertThat(Duration.ofNanos(System.nanoTime() - begin)).isGreaterThanOrEqualTo(Duration.ofMillis(140));
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.header("Cache-Status")).isEqualTo(NO_REDIS);
            assertThat(quick.metric(overloaded)).isEqualTo(1);
            assertThat(patient.metric(overloaded)).isZero();
            Signals.thaw(servers.redis().pid());
            assertThat(patiently.getLast().readResponse().header("Cache-Status"))
                    .startsWith("redis; ")
                    .isNotEqualTo(NO_REDIS);
            quickly.forEach(RawClient::close);
            patiently.forEach(RawClient::close);
        }
    }

    @ParameterizedTest
    @CsvSource({"1, redis; hit", "0, redis; fwd=miss; detail=unreachable"})
    void maxRetries_connectionCutWithAReadInFlight_sendsItAgainSoOften(int retries, String cacheStatus) {
        String cached = "{\"user_id\":\"alice\",\"deeplink\":\"app://alice\",\"promo_message\":\"Hi\"}";
        servers.redisCommands().set("user:alice", cached.getBytes(StandardCharsets.UTF_8));
        try (FaultProxy proxy = FaultProxy.to(servers.redis().port());
                TestService service = start(slowRedis(
                        "REDIS_ADDR",
                        proxy.address(),
                        "REDIS_MAX_RETRIES",
                        Integer.toString(retries),
                        "REDIS_POOL_SIZE",
                        "1",
                        "PG_MAX_CONNS",
                        "1"));
                RawClient client = RawClient.connect(service.port())) {
            proxy.hold();
            client.send(RawClient.request("alice"));
            await().until(() -> proxy.heldBack() == 1);

            proxy.cutAndRelease();

            Response response = client.readResponse();
            assertThat(response.status()).isEqualTo(200);
            assertThat(response.header("Cache-Status")).isEqualTo(cacheStatus);
            assertThat(service.metric("hotcold_hot_read_failures_total{failure=\"disconnected\"}"))
                    .isEqualTo(1 - retries);
        }
    }

    /** Its connections are open when it is ready, however busy the machine is. */
    private static TestService start(String... settings) {
        return TestService.start(servers, new String[] {"REDIS_DIAL_TIMEOUT_MS", "10000"}, settings);
    }

    /** Lookups wait for a Redis that stands still for longer than the test takes. */
    private static String[] slowRedis(String... settings) {
        return with(settings, "REQUEST_TIMEOUT_MS", "60000", "REDIS_READ_TIMEOUT_MS", "10000");
    }

    private static String[] with(String[] settings, String... more) {
        return Stream.concat(Arrays.stream(settings), Arrays.stream(more)).toArray(String[]::new);
    }

    /** Connections that the service has accepted and knows. */
    private static List<RawClient> clients(TestService service, int number) {
        return IntStream.range(0, number)
                .mapToObj(i -> RawClient.connect(service.port()))
                .peek(client -> client.lookup("not%20an%20id"))
                .toList();
    }
}
