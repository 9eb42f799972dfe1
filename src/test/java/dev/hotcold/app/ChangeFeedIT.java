package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.PostgresAdmin;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.RealServers.With;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonObject;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What a committed change does to what is cached. */
@ExtendWith(RealServers.class)
class ChangeFeedIT {

    private static final String HIT = "redis; hit";

    private static Servers servers;
    private static TestService service;

    @BeforeAll
    static void start(Servers own, @With({"CHANGE_FEED", "on"}) TestService onThem) {
        servers = own;
        service = onThem;
        Feeds.awaitOwner(service);
    }

    /** Alice is stored and cached; the changes before are applied. */
    @BeforeEach
    void cacheAlice() {
        servers.sql("DELETE FROM users");
        servers.put("alice", "old", "p");
        Feeds.awaitApplied(servers);
        Feeds.awaitTableChecked(servers);
        cache("alice");
    }

    private static void cache(String id) {
        await().until(() -> service.lookup(id).header("Cache-Status").equals(HIT));
    }

    private static String deeplink(String id) {
        return new JsonObject(service.lookup(id).body()).getString("deeplink");
    }

    @Test
    void update_cachedUser_isReplacedInPlaceAndKeepsItsTime() {
        long before = servers.redisCommands().pttl("user:alice");
        String time = servers.cached("alice").replaceFirst(".*,\"fresh_until\"", "");

        servers.put("alice", "new", "p");
        Feeds.awaitApplied(servers);

        assertThat(servers.cached("alice")).contains("\"new\"");
        assertThat(servers.cached("alice")).endsWith("\"promo_message\":\"p\",\"fresh_until\"" + time);
        assertThat(servers.redisCommands().pttl("user:alice")).isPositive().isLessThanOrEqualTo(before);
        assertThat(service.lookup("alice").header("Cache-Status")).isEqualTo(HIT);
        assertThat(deeplink("alice")).isEqualTo("new");
    }

    @Test
    void update_userNotCached_cachesNothing() {
        servers.put("bob", "d", "p");
        Feeds.awaitApplied(servers);

        servers.put("bob", "e", "p");
        Feeds.awaitApplied(servers);

        assertThat(servers.cached("bob")).isEmpty();
    }

    @Test
    void delete_cachedUser_isGone() {
        servers.sql("DELETE FROM users WHERE user_id = 'alice'");
        Feeds.awaitApplied(servers);

        assertThat(service.lookup("alice").status()).isEqualTo(404);
    }

    @Test
    void insert_userKnownToBeAbsent_isFound() {
        await().until(() -> service.lookup("carol").header("Cache-Status").equals(HIT));
        assertThat(service.lookup("carol").status()).isEqualTo(404);

        servers.put("carol", "d", "p");
        Feeds.awaitApplied(servers);

        assertThat(service.lookup("carol").status()).isEqualTo(200);
    }

    @Test
    void truncate_cachedUsers_areGone() {
        servers.put("bob", "d", "p");
        cache("bob");

        servers.sql("TRUNCATE users");

        await().untilAsserted(() -> {
            assertThat(service.lookup("alice").status()).isEqualTo(404);
            assertThat(service.lookup("bob").status()).isEqualTo(404);
        });
    }

    @Test
    void update_primaryKey_movesTheUser() {
        servers.sql("UPDATE users SET user_id = 'alicia' WHERE user_id = 'alice'");
        Feeds.awaitApplied(servers);

        assertThat(service.lookup("alice").status()).isEqualTo(404);
        assertThat(deeplink("alicia")).isEqualTo("old");
    }

    /** PostgreSQL does not send a long text that did not change; it must not be taken for an empty one. */
    @Test
    void update_besidesALongTextThatIsNotSent_keepsTheText() {
        String random = IntStream.range(0, 20_000)
                .mapToObj(i -> Integer.toString(i * 7919 % 10007, 36))
                .collect(Collectors.joining());
        servers.put("alice", "old", random);
        servers.sql("ALTER TABLE users ALTER promo_message SET STORAGE EXTERNAL");
        servers.put("alice", "old", random + "!");
        Feeds.awaitApplied(servers);
        Feeds.awaitTableChecked(servers);
        cache("alice");

        servers.sql("UPDATE users SET deeplink = 'new' WHERE user_id = 'alice'");
        Feeds.awaitApplied(servers);

        JsonObject alice = new JsonObject(service.lookup("alice").body());
        assertThat(alice.getString("deeplink")).isEqualTo("new");
        assertThat(alice.getString("promo_message")).isEqualTo(random + "!");
    }

    @Test
    void rollback_cachedUser_isNotChanged() {
        servers.sql("BEGIN; UPDATE users SET deeplink = 'never' WHERE user_id = 'alice'; ROLLBACK");
        Feeds.awaitApplied(servers);

        assertThat(servers.cached("alice")).contains("\"old\"");
    }

    @Test
    void update_severalInOneTransaction_theLastCounts() {
        servers.sql("BEGIN; UPDATE users SET deeplink = 'first'; DELETE FROM users WHERE user_id = 'alice';"
                + " INSERT INTO users VALUES ('alice', 'second', ''); UPDATE users SET deeplink = 'third'; COMMIT");
        Feeds.awaitApplied(servers);

        assertThat(deeplink("alice")).isEqualTo("third");
    }

    @Test
    void update_otherTableAndInvalidIds_areIgnored() {
        servers.sql("INSERT INTO users VALUES ('not valid!', '', ''); DELETE FROM users WHERE user_id = 'not valid!';"
                + " CREATE TABLE IF NOT EXISTS other (user_id text PRIMARY KEY); INSERT INTO other VALUES ('alice');"
                + " DELETE FROM other");
        Feeds.awaitApplied(servers);

        assertThat(servers.cached("alice")).contains("\"old\"");
    }

    /**
     * A commit that waits for a standby stands in the log long before anybody sees it. Who reads meanwhile reads, and may
     * fill, the old user.
     */
    @Test
    void commit_thatStaysInvisibleForLong_leavesNoOldUserBehind() throws Exception {
        servers.sql("ALTER SYSTEM SET synchronous_standby_names = 'nobody'");
        new PostgresAdmin(servers).reload();
        Thread writer = Thread.ofPlatform().start(() -> servers.put("alice", "new", "p"));
        try {
            await().until(() -> servers.cached("alice").contains("new"));
            servers.redisCommands().del("user:alice");
            await().until(() -> {
                service.lookup("alice");
                return servers.cached("alice").contains("old");
            });
        } finally {
            servers.sql("ALTER SYSTEM RESET synchronous_standby_names");
            new PostgresAdmin(servers).reload();
            writer.join();
        }

        await().until(() -> deeplink("alice").equals("new"));
    }

    @Test
    void lag_allApplied_isZeroSecondsAndFewBytes() {
        Feeds.awaitApplied(servers);

        await().untilAsserted(() -> {
            assertThat(service.metric("hotcold_changefeed_lag_seconds")).isZero();
            assertThat(service.metric("hotcold_changefeed_lag_bytes")).isBetween(0.0, 100_000.0);
        });
    }
}
