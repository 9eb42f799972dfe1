package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.LoggedWarnings;
import dev.hotcold.testkit.PostgresAdmin;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.SteadyLoad;
import dev.hotcold.testkit.TestService;
import io.lettuce.core.AclSetuserArgs;
import io.lettuce.core.KillArgs;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What an operator reads while something is wrong is the cause of it, for as long as it lasts. */
class DiagnosesIT {

    private static final Duration SOON = Duration.ofSeconds(20);

    /** Longer than it takes until all that is tried again has been. */
    private static final Duration LASTING = Duration.ofSeconds(6);

    private final Servers servers = Servers.start();
    private final PostgresAdmin admin = new PostgresAdmin(servers);
    private final LoggedWarnings warnings = LoggedWarnings.begin();

    @BeforeEach
    void putUsers() {
        servers.sql("INSERT INTO users SELECT 'u' || i, 'd', 'p' FROM generate_series(1, 300) i;"
                + " CREATE ROLE service LOGIN REPLICATION PASSWORD 'right'; GRANT SELECT ON users TO service;"
                + " CREATE PUBLICATION hotcold_user_api FOR TABLE users");
        admin.writeFile("pg_hba.conf", """
                host all service 127.0.0.1/32 scram-sha-256
                host all all 127.0.0.1/32 trust
                """);
        admin.reload();
    }

    @AfterEach
    void stop() {
        warnings.close();
        servers.close();
    }

    private TestService start(String... settings) {
        return TestService.start(
                servers,
                new String[] {
                    "CHANGE_FEED",
                    "on",
                    "DATABASE_URL",
                    "postgres://service:right@127.0.0.1:" + servers.postgres().port() + "/postgres?sslmode=disable"
                },
                settings);
    }

    @Test
    void passwordOfRedisChanged_isToldWhileItLasts() {
        servers.redisCommands().configSet("requirepass", "right");
        try (TestService service = start("REDIS_PASSWORD", "right");
                SteadyLoad load = lookUp(service)) {
            Feeds.awaitOwner(service);

            servers.redisCommands().configSet("requirepass", "changed");
            servers.redisCommands().clientKill(KillArgs.Builder.typeNormal().skipme());

            awaitForAsLongAsItLasts(service, "redis", "WRONGPASS");
            assertThat(reasons(service, "changefeed"))
                    .singleElement()
                    .asString()
                    .contains("WRONGPASS");
            servers.redisCommands().configSet("requirepass", "right");
            awaitNothingDegraded(service);
            assertThat(load.answers()).allMatch(answer -> answer.status() == 200);
        }
    }

    @Test
    void passwordOfPostgresChanged_isToldWhileItLasts() {
        try (TestService service = start("MAX_STALENESS_MS", "0")) {
            Feeds.awaitOwner(service);
            try (SteadyLoad _ = lookUp(service)) {
                servers.sql("ALTER ROLE service PASSWORD 'changed'");
                admin.terminate("service");

                awaitForAsLongAsItLasts(service, "postgres", "password authentication failed");
                assertThat(reasons(service, "changefeed"))
                        .singleElement()
                        .asString()
                        .contains("password authentication failed");
            }
            servers.sql("ALTER ROLE service PASSWORD 'right'");
            awaitNothingDegraded(service);
        }
    }

    /** That it cannot be proven fresh what is cached is PostgreSQL's fault then, and nobody's settings. */
    @Test
    void postgresAway_isNotBlamedOnTheSettings() {
        try (TestService service = start("MAX_STALENESS_MS", "500")) {
            Feeds.awaitOwner(service);
            try (SteadyLoad _ = lookUp(service)) {
                servers.sql("ALTER ROLE service NOLOGIN");
                admin.terminate("service");

                await().atMost(SOON)
                        .untilAsserted(() -> assertThat(reasons(service, "redis"))
                                .anyMatch(reason -> reason.contains("cannot be proven fresh")));
                await().during(LASTING)
                        .atMost(SOON)
                        .until(() -> reasons(service, "redis").stream()
                                .noneMatch(reason -> reason.contains("REDIS_KEY_PREFIX")));
            }
        }
    }

    @Test
    void flushall_isToldAsSuch() {
        try (TestService service = start()) {
            Feeds.awaitOwner(service);
            await().atMost(SOON).until(() -> service.lookup("u1").body().contains("ok:redis"));

            servers.redisCommands().flushall();

            await().atMost(SOON)
                    .until(() -> warnings.lines().stream()
                            .anyMatch(line -> line.contains("Redis no longer knows the change feed")));
            awaitNothingDegraded(service);
            assertThat(warnings.lines()).noneMatch(line -> line.contains("taken over"));
        }
    }

    @Test
    void cacheFlushed_isAWarningWithTheCauseAndTheNumberOfUsers() {
        try (TestService service = start()) {
            Feeds.awaitOwner(service);
            IntStream.rangeClosed(1, 7)
                    .forEach(i -> await().atMost(SOON)
                            .until(() -> service.lookup("u" + i).body().contains("ok:redis")));

            servers.sql("TRUNCATE users");

            await().atMost(SOON)
                    .until(() -> warnings.lines().stream()
                            .anyMatch(
                                    line -> line.endsWith("Change feed: 7 users were removed from Redis, all that were"
                                            + " cached: PostgreSQL's log has a TRUNCATE of the table")));
        }
    }

    @Test
    void rightsInRedisMissing_areNamedWithWhatGrantsThem() {
        AclSetuserArgs all = AclSetuserArgs.Builder.reset()
                .on()
                .addPassword("pw")
                .keyPattern("user:*")
                .allCommands();
        servers.redisCommands().aclSetuser("svc", all);
        try (TestService service = start("REDIS_USERNAME", "svc", "REDIS_PASSWORD", "pw");
                SteadyLoad _ = lookUp(service)) {
            command(awaitAdvice(service, "may not access all keys that it needs: "));
            awaitNothingDegraded(service);
            for (String command : List.of("mget", "evalsha", "hset", "hget")) {
                command("ACL SETUSER svc -" + command);
                command(awaitAdvice(service, ": ACL SETUSER svc +"));
                awaitNothingDegraded(service);
            }
        }
    }

    @Test
    void aclOfTheDocs_isAllThatIsUsed() throws IOException {
        List<String> lines = Files.readAllLines(Path.of("docs/operate/stores.md")).stream()
                .map(String::strip)
                .filter(text -> text.startsWith("ACL SETUSER hotcold "))
                .toList();
        assertThat(lines).isNotEmpty();
        lines.forEach(this::command);
        try (TestService service = start(
                        "REDIS_USERNAME",
                        "hotcold",
                        "REDIS_PASSWORD",
                        "PASSWORD",
                        "NEAR_CACHE_ENTRIES",
                        "100",
                        "VERIFY_USERS_PER_SECOND",
                        "1000");
                SteadyLoad _ = lookUp(service)) {
            Feeds.awaitOwner(service);
            servers.sql("UPDATE users SET promo_message = 'new'");
            await().atMost(SOON)
                    .until(() -> service.lookup("u1").body().contains("\"new\"")
                            && service.metric("hotcold_verification_compared_total") > 300);
            assertThat(service.lookup("nobody").status()).isEqualTo(404);
            servers.sql("TRUNCATE users");
            await().atMost(SOON).until(() -> service.lookup("u1").status() == 404);
            awaitNothingDegraded(service);
        }
        assertThat(servers.redisCommands().aclLog()).isEmpty();
    }

    /** @return the command behind the first reason with these words */
    private static String awaitAdvice(TestService service, String words) {
        return await()
                .atMost(SOON)
                .until(
                        () -> Stream.of("redis", "changefeed")
                                .flatMap(component -> reasons(service, component).stream())
                                .toList(),
                        reasons -> reasons.stream().anyMatch(reason -> reason.contains(words)))
                .stream()
                .filter(reason -> reason.contains(words))
                .map(reason -> reason.substring(reason.indexOf("ACL SETUSER ")))
                .findFirst()
                .orElseThrow();
    }

    /** As typed into redis-cli. */
    private void command(String line) {
        try (Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), servers.redis().port())) {
            socket.getOutputStream().write((line + "\r\n").getBytes(StandardCharsets.US_ASCII));
            assertThat(new String(socket.getInputStream().readNBytes(5), StandardCharsets.US_ASCII))
                    .isEqualTo("+OK\r\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static SteadyLoad lookUp(TestService service) {
        return SteadyLoad.begin(service.port(), 100, i -> "u" + (1 + i % 300));
    }

    private static void awaitForAsLongAsItLasts(TestService service, String component, String cause) {
        await().atMost(SOON)
                .untilAsserted(
                        () -> assertThat(reasons(service, component)).anyMatch(reason -> reason.contains(cause)));
        await().during(LASTING)
                .atMost(SOON)
                .untilAsserted(() -> assertThat(reasons(service, component))
                        .anyMatch(reason -> reason.contains(cause))
                        .noneMatch(reason -> reason.contains("broke")));
    }

    private static void awaitNothingDegraded(TestService service) {
        await().atMost(SOON)
                .untilAsserted(
                        () -> assertThat(service.manage("/readyz").body()).contains("\"degraded\":{}"));
    }

    private static List<String> reasons(TestService service, String component) {
        return new JsonObject(service.manage("/readyz").body())
                .getJsonObject("degraded").getJsonArray(component, new JsonArray()).stream()
                        .map(String::valueOf)
                        .toList();
    }
}
