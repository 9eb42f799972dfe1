package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.OwnersDatabase;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Redis compared with PostgreSQL, by hand and all the time. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class VerifyIT {

    private static final int USERS = 1200;

    private final Servers servers = Servers.shared();

    /** All cached as they are, among keys of somebody else. */
    @BeforeEach
    void cacheUsers() {
        servers.sql("INSERT INTO users SELECT 'u' || i, 'd', 'p' FROM generate_series(1, " + USERS + ") i");
        for (int i = 1; i <= USERS; i++) {
            cache("u" + i, "d");
        }
        servers.redisCommands().set("user:u1:sessions", new byte[] {1});
        servers.redisCommands().set("userland", new byte[] {1});
    }

    private void cache(String id, String deeplink) {
        String value = "{\"user_id\":\"" + id + "\",\"deeplink\":\"" + deeplink + "\",\"promo_message\":\"p\"}";
        servers.redisCommands().set("user:" + id, value.getBytes(StandardCharsets.UTF_8));
    }

    private Program.Ended verify(String... arguments) {
        String[] all = new String[arguments.length + 1];
        all[0] = "verify";
        System.arraycopy(arguments, 0, all, 1, arguments.length);
        return Program.run(servers.environment(), all);
    }

    @Test
    void verify_allAlike_isExitCodeZero() {
        cache("u7", "\\u0064"); // an escape that need not be: the same text

        Program.Ended ended = verify("--all");

        assertThat(ended.out()).contains("compared " + USERS + " users: 0 stale, 0 with a change on its way");
        assertThat(ended.exitCode()).isZero();
    }

    @Test
    void verify_someStale_namesThemWithExitCodeOne() {
        servers.sql("UPDATE users SET deeplink = 'new' WHERE user_id = 'u5'; DELETE FROM users WHERE user_id = 'u6'");

        Program.Ended ended = verify("--all");

        assertThat(ended.out().lines().filter(line -> line.startsWith("stale: ")))
                .containsExactlyInAnyOrder("stale: u5", "stale: u6");
        assertThat(ended.out()).contains(": 2 stale");
        assertThat(ended.exitCode()).isEqualTo(1);
    }

    @Test
    void verify_remove_leavesNoneThatIsStale() {
        servers.sql("UPDATE users SET deeplink = 'new' WHERE user_id = 'u5'");
        servers.redisCommands().set("absent:{user:u6}", new byte[] {'1'});
        servers.redisCommands().del("user:u6");

        Program.Ended ended = verify("--all", "--remove");

        assertThat(ended.out().lines().filter(line -> line.startsWith("stale: ")))
                .containsExactlyInAnyOrder("stale: u5, removed", "stale: u6, removed");
        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(servers.redisCommands().exists("user:u5", "absent:{user:u6}"))
                .isZero();
        assertThat(verify("--all").exitCode()).isZero();
    }

    /** Pages are bounded in bytes too. */
    @Test
    void verify_usersOfAThirdOfAMegabyte_fitASmallHeap() {
        int users = 400;
        servers.sql("UPDATE users SET deeplink = repeat('d', 300000) WHERE substr(user_id, 2)::int <= " + users);
        for (int i = 1; i <= users; i++) {
            cache("u" + i, "d".repeat(300_000));
        }

        try (Program program = Program.start(List.of("-Xmx96m"), servers.environment(), "verify", "--all")) {
            Program.Ended ended = program.awaitEnd();

            assertThat(ended.out() + ended.err()).contains("compared " + USERS + " users: 0 stale");
            assertThat(ended.exitCode()).isZero();
        }
    }

    @Test
    void verify_sample_comparesSoManyAtMost() {
        Program.Ended ended = verify("--sample", "40");

        assertThat(ended.out()).contains("compared 40 users");
    }

    @Test
    void verify_ids_areComparedAndToldOneByOne() {
        servers.sql("UPDATE users SET deeplink = 'new' WHERE user_id IN ('u5', 'u6')");

        Program.Ended ended = verify("--id", "u4", "u5", "nobody");
        Program.Ended removed = verify("--remove", "--id", "u5");

        assertThat(ended.out().lines())
                .containsExactlyInAnyOrder(
                        "fresh: u4",
                        "stale: u5",
                        "not cached, or past its soft TTL: nobody",
                        "compared 2 users: 1 stale, 0 with a change on its way");
        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(removed.out()).contains("stale: u5, removed");
        assertThat(servers.redisCommands().exists("user:u5", "user:u6")).isEqualTo(1);
        assertThat(verify("--id", "u5").exitCode()).isZero();
    }

    @Test
    void verify_idsAndAll_areExitCodeTwo() {
        assertThat(verify("--all", "--id", "u5").exitCode()).isEqualTo(2);
        assertThat(verify("--sample", "0").exitCode()).isEqualTo(2);
        assertThat(verify("--id", "no id").exitCode()).isEqualTo(2);
    }

    @Test
    void verify_nothingToCompareWith_isAnError() {
        Program.Ended unset = Program.run(Map.of(), "verify");
        Program.Ended unreachable = Program.run(
                Map.of(
                        "DATABASE_URL",
                        "postgres://a@127.0.0.1:1/a",
                        "REDIS_ADDR",
                        servers.redis().address()),
                "verify");

        assertThat(unset.exitCode()).isEqualTo(2);
        assertThat(unset.err()).contains("DATABASE_URL is not set", "REDIS_ADDR is not set");
        assertThat(unreachable.exitCode()).isEqualTo(1);
        assertThat(unreachable.err()).contains("error: PostgreSQL: ").doesNotContain("\tat ");
    }

    @Test
    void service_allTheTime_countsStaleUsers() {
        servers.sql("UPDATE users SET deeplink = 'new' WHERE user_id = 'u5'");
        try (TestService service = TestService.start(servers, "VERIFY_USERS_PER_SECOND", "1000")) {
            await().atMost(20, TimeUnit.SECONDS).untilAsserted(() -> {
                assertThat(service.metric("hotcold_verification_compared_total"))
                        .isGreaterThan(USERS);
                assertThat(service.metric("hotcold_verification_stale_total")).isPositive();
            });
        }
    }

    @Test
    void service_absenceThatIsNoneAnyMore_isRemoved() {
        try (TestService service = TestService.start(
                servers,
                "VERIFY_USERS_PER_SECOND",
                "1000",
                "CHANGE_FEED",
                "auto",
                "NEGATIVE_TTL_SECONDS",
                "86400",
                "MAX_STALENESS_MS",
                "0")) {
            Feeds.awaitOwner(service);
            Feeds.awaitApplied(servers);
            servers.redisCommands().del("user:u5");
            servers.redisCommands().set("absent:{user:u5}", new byte[] {'1'});
            assertThat(service.lookup("u5").status()).isEqualTo(404);

            await().atMost(20, TimeUnit.SECONDS)
                    .until(() -> service.lookup("u5").status() == 200);
        }
    }

    /** What the feed has missed is told and mended. */
    @Test
    void service_staleUserWhileChangesAreFollowed_isRemovedAndTold() {
        try (TestService service =
                TestService.start(servers, "VERIFY_USERS_PER_SECOND", "1000", "CHANGE_FEED", "auto")) {
            Feeds.awaitOwner(service);
            Feeds.awaitApplied(servers);
            await().until(() -> service.lookup("u5").header("Cache-Status").equals("redis; hit"));
            cache("u5", "of nowhere");

            await().atMost(20, TimeUnit.SECONDS)
                    .untilAsserted(() -> assertThat(service.lookup("u5").body()).contains("\"deeplink\":\"d\""));

            OwnersDatabase.awaitReason(
                    service, "verification", "stale although changes are followed, and were removed");
        }
    }
}
