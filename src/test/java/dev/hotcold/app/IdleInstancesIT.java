package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.OwnersDatabase;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What instances cost PostgreSQL that nobody asks, one of which follows changes for all. */
@Timeout(120)
class IdleInstancesIT {

    private static final int STANDBYS = 4;
    private static final Duration MEASURED = Duration.ofSeconds(5);

    /** A session may count what it did before it fell idle only ten seconds later. */
    private static final Duration COUNTED_LATE = Duration.ofSeconds(25);

    /** Some 1.5 are usual: a look at the slot, and the probes of its lookups' connections. */
    private static final double MOST_PER_SECOND = 2.5;

    private final Servers servers = Servers.start();
    private final List<TestService> services = new ArrayList<>();

    @AfterEach
    void stop() {
        services.forEach(TestService::close);
        servers.close();
    }

    private TestService start(String name) {
        TestService service = TestService.start(
                servers,
                "DATABASE_URL",
                servers.postgres().databaseUrl() + "&application_name=" + name,
                "CHANGE_FEED",
                "on",
                "VERIFY_USERS_PER_SECOND",
                "10");
        services.add(service);
        return service;
    }

    @Test
    void standbys_idle_askLittleOfPostgres() {
        servers.put("alice", "app://alice", "Hi");
        TestService owner = start("owner");
        Feeds.awaitOwner(owner);
        OwnersDatabase.cache(owner, "alice");
        double alone = Math.min(transactionsPerSecond(), Math.min(transactionsPerSecond(), transactionsPerSecond()));

        for (int i = 0; i < STANDBYS; i++) {
            TestService standby = start("standby");
            await().until(() -> standby.metric("hotcold_changefeed_role{role=\"standby\"}") == 1);
        }
        // A connection for each event loop, and one that looks whether the slot is free.
        int each = Service.loops(Runtime.getRuntime().availableProcessors(), 24) + 1;
        long all = (long) STANDBYS * each;
        await().until(() -> connections("standby") <= all);

        await().atMost(COUNTED_LATE)
                .untilAsserted(() ->
                        assertThat((transactionsPerSecond() - alone) / STANDBYS).isLessThan(MOST_PER_SECOND));
        assertThat(connections("standby")).isLessThanOrEqualTo(all);
        double compared = services.getLast().metric("hotcold_verification_compared_total");
        await().until(() -> owner.metric("hotcold_verification_compared_total") > 0);
        assertThat(services.getLast().metric("hotcold_verification_compared_total"))
                .isEqualTo(compared);
    }

    /** The standby knows the lag of the slot, and compares once it is the owner. */
    @Test
    void standby_ownerStops_takesOverWhatItDid() {
        servers.put("alice", "app://alice", "Hi");
        TestService owner = start("owner");
        Feeds.awaitOwner(owner);
        TestService standby = start("standby");
        await().until(() -> standby.metric("hotcold_changefeed_lag_bytes") >= 0);
        OwnersDatabase.cache(standby, "alice");

        owner.close();
        services.remove(owner);

        Feeds.awaitOwner(standby);
        await().until(() -> standby.metric("hotcold_verification_compared_total") > 0);
        servers.put("alice", "app://changed", "Hi");
        await().untilAsserted(() -> assertThat(standby.lookup("alice").body()).contains("app://changed"));
        assertThat(standby.metric("hotcold_changefeed_lag_bytes")).isNotNaN();
    }

    private long connections(String name) {
        return servers.queryLong("SELECT count(*) FROM pg_stat_activity WHERE application_name = '" + name + "'");
    }

    private double transactionsPerSecond() {
        long before = transactions();
        long began = System.nanoTime();
        await().atMost(MEASURED.multipliedBy(2)).until(() -> System.nanoTime() - began > MEASURED.toNanos());
        return (transactions() - before) * 1e9 / (System.nanoTime() - began);
    }

    /** But for the question before each beat of the feed, which is the owner's, however many stand by. */
    private long transactions() {
        byte[] beats = servers.redisCommands().hget("changefeed:hotcold_user_api", "beat");
        return servers.queryLong(
                        "SELECT xact_commit + xact_rollback FROM pg_stat_database WHERE datname = current_database()")
                - Long.parseLong(new String(beats, StandardCharsets.US_ASCII));
    }
}
