package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Answer;
import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.Outages;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.SteadyLoad;
import dev.hotcold.testkit.TestService;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.KillArgs;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.protocol.CommandType;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Whatever happens to Redis or to the way to it, what is kept near is not served for longer than Redis vouches for it. */
@ExtendWith(RealServers.class)
class NearCacheFaultsIT {

    private static final String HITS = "hotcold_near_hits_total";

    /** From the sending of the last command that Redis has answered: it is served no longer. */
    private static final Duration TRUST = Duration.ofMillis(200);

    private static final Duration PATIENCE = Duration.ofSeconds(20);
    private static final Pattern DEEPLINK = Pattern.compile("\"deeplink\":\"([^\"]*)\"");

    private static Outages outages;
    private static Servers servers;
    private static FaultProxy proxy;
    private static TestService service;

    @BeforeAll
    static void start(Outages own) {
        outages = own;
        servers = outages.servers();
        servers.sql("INSERT INTO users SELECT 'u' || i, 'd', 'p' FROM generate_series(0, 199) i");
        // Newer than all that is written to Redis.
        servers.sql("INSERT INTO users SELECT 'v' || i, '999999999', 'p' FROM generate_series(0, 19) i");
        proxy = FaultProxy.to(servers.redis().port());
        service = TestService.start(servers, "NEAR_CACHE_ENTRIES", "1000", "REDIS_ADDR", proxy.address());
    }

    @AfterAll
    static void stop() {
        service.close();
        proxy.close();
    }

    /** Old is what is kept near, new what PostgreSQL has. */
    @BeforeEach
    void keepAlice() {
        store("old");
        await().atMost(PATIENCE).until(() -> {
            double before = service.metric(HITS);
            for (int i = 0; i < 50; i++) {
                if (!deeplink().equals("old")) {
                    return false;
                }
            }
            return service.metric(HITS) - before > 30;
        });
        servers.put("alice", "new", "p");
    }

    private static void store(String deeplink) {
        servers.put("alice", deeplink, "p");
        servers.redisCommands().set("user:alice", value("alice", deeplink));
    }

    private static byte[] value(String id, String deeplink) {
        return ("{\"user_id\":\"" + id + "\",\"deeplink\":\"" + deeplink + "\",\"promo_message\":\"p\"}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String deeplink() {
        return deeplink(service.lookup("alice").body());
    }

    private static String deeplink(String body) {
        Matcher member = DEEPLINK.matcher(body);
        return member.find() ? member.group(1) : "";
    }

    /** All answers to lookups that begin within this time. */
    private static void assertNever(String deeplink, Duration duration) {
        long until = System.nanoTime() + duration.toNanos();
        while (System.nanoTime() < until) {
            assertThat(deeplink()).isNotEqualTo(deeplink);
        }
    }

    private static void pass(Duration duration) {
        long until = System.nanoTime() + duration.toNanos();
        await().pollDelay(duration).atMost(PATIENCE).until(() -> System.nanoTime() >= until);
    }

    @Test
    void lookup_connectionKilledAndUserChanged_readsTheChange() {
        servers.redisCommands().clientKill(KillArgs.Builder.typeNormal().skipme());
        servers.redisCommands().set("user:alice", value("alice", "new"));

        pass(TRUST);

        assertNever("old", Duration.ofSeconds(2));
    }

    @Test
    void lookup_redisFrozen_isLeftToPostgres() {
        outages.freezeRedis();
        try {
            pass(TRUST);

            assertNever("old", Duration.ofSeconds(2));
        } finally {
            outages.thaw();
        }
    }

    @Test
    void lookup_redisKilledAndBackWithOtherData_readsThose() {
        outages.killRedis();
        pass(TRUST);
        assertNever("old", Duration.ofMillis(500));

        outages.startRedis();
        await().atMost(PATIENCE)
                .ignoreExceptions()
                .until(() -> servers.redisCommands()
                        .set("user:alice", value("alice", "other"))
                        .equals("OK"));
        await().atMost(PATIENCE).until(() -> deeplink().equals("other"));

        assertNever("old", Duration.ofSeconds(2));
    }

    /** What Redis tells is on the way for longer than it may be. */
    @Test
    void lookup_wayFromRedisBecameLong_isLeftToPostgres() {
        proxy.delay(Duration.ZERO, Duration.ofSeconds(1));
        try {
            servers.redisCommands().set("user:alice", value("alice", "new"));

            pass(TRUST);

            assertNever("old", Duration.ofSeconds(2));
        } finally {
            proxy.heal();
        }
    }

    /** Those that are not kept near find out that Redis refuses reads; then it is not relied on for others either. */
    @Test
    void lookup_breakerOpen_isLeftToPostgres() {
        RedisCommands<String, byte[]> redis = servers.redisCommands();
        // One connection, and so one event loop.
        try (RawClient client = RawClient.connect(service.port())) {
            await().atMost(PATIENCE).until(() -> {
                double before = service.metric(HITS);
                for (int i = 0; i < 50; i++) {
                    assertThat(client.lookup("alice").body()).contains("\"old\"");
                }
                return service.metric(HITS) - before > 30;
            });
            redis.aclSetuser("default", AclSetuserArgs.Builder.removeCommand(CommandType.MGET));

            await().atMost(PATIENCE).until(() -> {
                for (int i = 0; i < 50; i++) {
                    client.lookup("u" + i);
                }
                return service.metric("hotcold_hot_breakers_open") > 0;
            });

            for (int i = 0; i < 50; i++) {
                assertThat(client.lookup("alice").body()).contains("ok:postgres", "\"new\"");
            }
        } finally {
            redis.aclSetuser("default", AclSetuserArgs.Builder.addCommand(CommandType.MGET));
        }
    }

    /**
     * Users that change all the time, while connections break and Redis stands still now and then. A lookup that begins
     * later than the bound after a change was acknowledged reads that change. On any machine, however busy: the bound is by
     * the clock, not by what messages usually take.
     */
    @Test
    void lookup_changedAllTheTime_isNeverOlderThanTheBound() throws InterruptedException {
        int users = 20;
        Map<String, List<Long>> acknowledged = new HashMap<>();
        for (int i = 0; i < users; i++) {
            acknowledged.put("v" + i, new ArrayList<>());
            change("v" + i, acknowledged);
        }
        List<Answer> answers;
        double before = service.metric(HITS);
        try (SteadyLoad load = SteadyLoad.begin(service.port(), 1500, i -> "v" + i * 7 % users)) {
            long until = System.nanoTime() + Duration.ofSeconds(8).toNanos();
            for (int i = 1; System.nanoTime() < until; i++) {
                change("v" + i % users, acknowledged);
                if (i % 300 == 0) {
                    servers.redisCommands()
                            .clientKill(KillArgs.Builder.typeNormal().skipme());
                } else if (i % 300 == 150) {
                    outages.freezeRedis();
                    // How long it stands still: longer than the bound.
                    TimeUnit.MILLISECONDS.sleep(300);
                    outages.thaw();
                }
                // The pace of changes, and no wait for anything.
                TimeUnit.MILLISECONDS.sleep(5);
            }
            answers = load.end();
        }

        List<Long> ages = answers.stream()
                .filter(answer -> answer.response().body().contains("ok:redis"))
                .map(answer -> age(answer, acknowledged.getOrDefault(answer.userId(), List.of())))
                .sorted()
                .toList();
        System.out.printf(
                "%d answers, %d of them of Redis, %.0f from near; behind it: p99 %.1f ms, p99.9 %.1f ms, at most %.1f ms%n",
                answers.size(),
                ages.size(),
                service.metric(HITS) - before,
                ages.get(ages.size() * 99 / 100) / 1e6,
                ages.get((int) (ages.size() * 999L / 1000)) / 1e6,
                ages.getLast() / 1e6);
        assertThat(service.metric(HITS) - before).isGreaterThan(ages.size() / 4.0);
        assertThat(Duration.ofNanos(ages.getLast())).isLessThan(TRUST);
    }

    private static void change(String id, Map<String, List<Long>> acknowledged) {
        List<Long> times = acknowledged.getOrDefault(id, List.of());
        servers.redisCommands().set("user:" + id, value(id, Integer.toString(times.size())));
        times.add(System.nanoTime());
    }

    /** How long before the lookup the user had changed from what the answer says; 0 = the answer is current. */
    private static long age(Answer answer, List<Long> acknowledged) {
        int next = Integer.parseInt(deeplink(answer.response().body())) + 1;
        return next < acknowledged.size() ? Math.max(0, answer.dueAt() - acknowledged.get(next)) : 0;
    }
}
