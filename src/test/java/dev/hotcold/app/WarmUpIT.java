package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.io.IOException;
import java.net.ServerSocket;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is exercised before the service is ready: both stores, and without a trace. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WarmUpIT {

    /** A count of something that lookups do, or the stores for them, which is not 0. */
    private static final Pattern COUNTED = Pattern.compile(
            "^hotcold_(?:lookups|hot|near|cold|requests)_\\S*(?:_count|_total)(?:\\{.*})? [1-9].*$", Pattern.MULTILINE);

    private static Servers servers;

    @BeforeAll
    static void start() {
        servers = Servers.start();
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    @Test
    void ready_hasUsedBothStores_withoutATrace() {
        try (TestService service = TestService.start(servers)) {
            assertThat(commands()).contains("cmdstat_mget:", "cmdstat_evalsha:");
            await().untilAsserted(() -> assertThat(servers.queryLong(
                            "SELECT seq_scan + coalesce(idx_scan, 0) FROM pg_stat_user_tables WHERE relname = 'users'"))
                    .isPositive());

            // Beside what says whose cache it is.
            await().untilAsserted(() -> assertThat(servers.redisCommands().keys("*"))
                    .containsExactlyInAnyOrder("user:#deployment", "user:#alive"));
            assertThat(COUNTED.matcher(service.manage("/metrics").body())
                            .results()
                            .map(found -> found.group()))
                    .isEmpty();
            assertThat(List.of(
                            service.metric("hotcold_hot_batches_in_flight"),
                            service.metric("hotcold_cold_batches_in_flight"),
                            service.metric("hotcold_cold_queue")))
                    .containsOnly(0.0);
            assertThat(service.manage("/readyz").body()).contains("\"degraded\":{}");
        }
    }

    @Test
    void ready_countsLookupsFromTheFirstOn() {
        servers.put("alice", "app://alice", "Hi");
        try (TestService service = TestService.start(servers)) {
            assertThat(service.lookup("alice").body()).contains("ok:postgres");

            assertThat(service.metric("hotcold_lookups_seconds_count{layer=\"cold\",outcome=\"found\"}"))
                    .isEqualTo(1);
            assertThat(service.metric("hotcold_cold_batch_size_count")).isEqualTo(1);
        }
    }

    /** An instance that ends at once must not have flushed the cache of those that serve, nor have kept PostgreSQL's log. */
    @Test
    void portTaken_changeFeedIsNotClaimed() throws IOException {
        try (ServerSocket taken = new ServerSocket(0)) {
            Map<String, String> environment = servers.environment();
            environment.put("PORT", Integer.toString(taken.getLocalPort()));
            environment.put("CHANGE_FEED_SLOT", "never_claimed");

            Program.Ended ended = Program.run(environment);

            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.err()).contains("cannot listen on port").doesNotContain("Change feed");
            assertThat(servers.queryLong("SELECT count(*) FROM pg_replication_slots WHERE slot_name = 'never_claimed'"))
                    .isZero();
        }
    }

    private static String commands() {
        return servers.redisCommands().info("commandstats");
    }
}
