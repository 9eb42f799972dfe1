package dev.hotcold.app.cached;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.OwnersDatabase;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonObject;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A user looked up layer by layer: what is said of a lookup is what the service then does. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class LookupIT {

    private static Servers servers;

    @BeforeAll
    static void start() {
        servers = Servers.start();
    }

    @AfterAll
    static void stop() {
        servers.close();
    }

    @BeforeEach
    void reset() {
        servers.reset();
    }

    private static Map<String, String> environment(String... more) {
        Map<String, String> environment = servers.environment();
        for (int i = 0; i < more.length; i += 2) {
            environment.put(more[i], more[i + 1]);
        }
        return environment;
    }

    private static void set(String key, String value) {
        servers.redisCommands().set(key, value.getBytes(StandardCharsets.UTF_8));
    }

    private static String value(String promoMessage, String more) {
        return "{\"user_id\":\"alice\",\"deeplink\":\"d\",\"promo_message\":\"" + promoMessage + "\"" + more + "}";
    }

    @Test
    void lookup_followedCache_saysWhatTheServiceThenDoes() {
        servers.put("alice", "d", "Hi");
        try (TestService service = TestService.start(servers, "CHANGE_FEED", "on")) {
            Feeds.awaitOwner(service);

            Program.Ended miss = Program.run(environment(), "lookup", "alice");
            assertThat(miss.out())
                    .as(miss.err())
                    .containsPattern("Redis value +none")
                    .containsPattern(
                            "PostgreSQL row +\\{\"user_id\":\"alice\",\"deeplink\":\"d\",\"promo_message\":\"Hi\"}")
                    .containsPattern("both agree +nothing is cached")
                    .containsPattern("a lookup now +200 from PostgreSQL: nothing is cached; the lookup gets the lease");
            assertThat(service.lookup("alice").header("Cache-Status")).isEqualTo("redis; fwd=miss");
            OwnersDatabase.cache(service, "alice");

            Program.Ended hit = Program.run(environment(), "lookup", "alice");
            assertThat(hit.out())
                    .as(hit.err())
                    .containsPattern("Redis soft TTL +3[0-9]{3}\\.[0-9] s left")
                    .containsPattern("Redis hard TTL +[67][0-9]{3}\\.[0-9] s left")
                    .containsPattern("Redis has the cache of +this deployment")
                    .containsPattern("change feed +applied up to [0-9A-F]+/[0-9A-F]+ of log .*, going on")
                    .containsPattern("both agree +yes")
                    .containsPattern("a lookup now +200 from Redis: cached, and proven fresh by the change feed");
            assertThat(hit.exitCode()).isZero();

            Program.Ended absent = Program.run(environment(), "lookup", "nobody");
            assertThat(absent.out()).containsPattern("a lookup now +404 from PostgreSQL: nothing is cached");
            assertThat(absent.exitCode()).isEqualTo(3);
            await().until(() -> service.lookup("nobody").header("Cache-Status").startsWith("redis; hit"));

            Program.Ended noted = Program.run(environment(), "lookup", "nobody");
            assertThat(noted.out())
                    .containsPattern("Redis note of absence +[0-9.]+ s left")
                    .containsPattern("a lookup now +404 from Redis: a note says");
            assertThat(noted.exitCode()).isEqualTo(3);
        }
        Program.Ended unproven = Program.run(environment(), "lookup", "alice");
        assertThat(unproven.out())
                .as(unproven.err())
                .contains("not going on")
                .containsPattern("a lookup now +200 from PostgreSQL: what is cached is not proven");
    }

    @Test
    void lookup_statesOfAKey_areTold() {
        servers.put("alice", "d", "Hi");
        String[] off = {"CHANGE_FEED", "off"};

        set("user:alice", value("Old", ""));
        Program.Ended other = Program.run(environment(off), "lookup", "alice");
        assertThat(other.out())
                .containsPattern("Redis soft TTL +none")
                .containsPattern("Redis hard TTL +for ever")
                .containsPattern("both agree +no: Redis has another value")
                .containsPattern("200 from Redis: cached, and no proof is demanded: CHANGE_FEED is off");

        set("user:alice", value("Hi", ",\"fresh_until\":1000"));
        Program.Ended over = Program.run(environment(off), "lookup", "alice");
        assertThat(over.out())
                .containsPattern("Redis soft TTL +over for [0-9.]+ s")
                .containsPattern("200 from PostgreSQL: the soft TTL is over");

        set("user:alice", "{\"user_id\":\"bob\"\u001b[31m}");
        set("lease:{user:alice}", "hold");
        servers.redisCommands().pexpire("lease:{user:alice}", 60_000);
        Program.Ended damaged = Program.run(environment(off), "lookup", "alice");
        assertThat(damaged.out())
                .containsPattern("Redis value +damaged: .*\\\\u001b")
                .containsPattern("both agree +no: what Redis has is damaged")
                .containsPattern("Redis lease +a change forbids fills, [0-9]+\\.[0-9] s left")
                .contains("the value is damaged, and a change on its way forbids to fill");

        set("user:#deployment", "{\"system\":\"1\",\"database\":\"other\",\"table\":\"public.users\",\"layout\":1}");
        Program.Ended others = Program.run(environment(off), "lookup", "alice");
        assertThat(others.out())
                .containsPattern("Redis has the cache of +another deployment: ")
                .contains(
                        "200 from PostgreSQL: Redis is left alone: it has the cache of public.users in database other");
    }

    @Test
    void lookup_storesThatAreDown_areToldAndTheOtherIsShown() {
        servers.put("alice", "d", "Hi");
        set("user:alice", value("Hi", ",\"fresh_until\":1000"));

        Program.Ended noRedis = Program.run(environment("REDIS_ADDR", "127.0.0.1:1"), "lookup", "alice");
        assertThat(noRedis.out())
                .containsPattern("Redis +cannot connect to redis://127\\.0\\.0\\.1:1/0")
                .containsPattern("200 from PostgreSQL: Redis does not answer");
        assertThat(noRedis.exitCode()).isZero();

        String nowhere = "postgres://postgres@127.0.0.1:1/postgres";
        Program.Ended stale = Program.run(environment("DATABASE_URL", nowhere), "lookup", "alice");
        assertThat(stale.out())
                .contains("200 from Redis, stale or unproven: the soft TTL is over, and PostgreSQL does not answer");
        assertThat(stale.exitCode()).isZero();

        Program.Ended neither = Program.run(environment("DATABASE_URL", nowhere), "lookup", "bob");
        assertThat(neither.out()).contains("500: nothing is cached", "and PostgreSQL does not answer");
        assertThat(neither.exitCode()).isEqualTo(1);
    }

    @Test
    void lookup_json_isForPrograms() {
        servers.put("alice", "d", "Hi");
        set("user:alice", value("Hi", ""));

        Program.Ended ended = Program.run(environment("CHANGE_FEED", "off"), "lookup", "alice", "--json");

        JsonObject json = new JsonObject(ended.out());
        assertThat(json.getString("user_id")).isEqualTo("alice");
        assertThat(json.getJsonObject("redis").getBoolean("is_valid")).isTrue();
        assertThat(json.getJsonObject("redis").getValue("hard_ttl_ms")).isNull();
        assertThat(json.getJsonObject("postgresql").getJsonObject("user").getString("promo_message"))
                .isEqualTo("Hi");
        assertThat(json.getJsonObject("lookup").getString("answer")).isEqualTo("200 from Redis");
    }
}
