package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.local.LocalRedis;
import dev.hotcold.testkit.DeadPort;
import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.Http;
import dev.hotcold.testkit.PostgresPair;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.ProgramMetrics;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * The stores are named by host names, which a hosts file resolves: to several addresses, and to others after a while. Everything
 * that connects goes by the same file, which the JDK reads in place of the system's.
 */
@EnabledOnOs(value = OS.LINUX, disabledReason = "all of 127.0.0.0/8 are addresses of the machine on Linux only")
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class HostNamesIT {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Http http = Http.http1(1);

    @TempDir
    private Path directory;

    private PostgresPair pair;
    private Servers servers;

    @BeforeEach
    void start() {
        servers = Servers.start();
        pair = new PostgresPair(servers);
        PostgresPair.put(pair.first(), "alice", "before");
        await().atMost(PATIENCE).until(pair::isReplayed);
    }

    @AfterEach
    void stop() {
        http.close();
        pair.close();
    }

    /** The first address refuses or is silent, whatever its family. */
    @ParameterizedTest
    @CsvSource({"127.0.0.2, false, false", "127.0.0.2, true, false", "::1, false, true"})
    void severalAddresses_firstIsDead_everythingWorks(String first, boolean drops, boolean prefersIpv6)
            throws IOException {
        List<String> options = List.of(
                "-Djdk.net.hosts.file=" + hosts(first + " db cache", "127.0.0.1 db cache"),
                "-Djava.net.preferIPv6Addresses=" + prefersIpv6);
        try (var _ = drops ? DeadPort.at(first, pair.first().port()) : null;
                var _ = drops ? DeadPort.at(first, servers.redis().port()) : null;
                Program service = Program.start(options, environment())) {
            awaitPromo(service, "before");
            awaitFollowed(service, "changed", pair.first().port());
            for (String command : List.of("migrate", "verify")) {
                try (Program program = Program.start(options, environment(), command)) {
                    Program.Ended ended = program.awaitEnd();
                    assertThat(ended.exitCode()).as(ended.toString()).isZero();
                }
            }
        }
    }

    /** As with one name for a primary and its replicas. */
    @Test
    void severalAddresses_firstIsAReplicaOfRedis_everythingUsesThePrimary() throws IOException {
        List<String> options =
                List.of("-Djdk.net.hosts.file=" + hosts("127.0.0.2 cache", "127.0.0.1 cache", "127.0.0.1 db"));
        try (LocalRedis replica = LocalRedis.start(directory, 0, List.of("--replicaof", "127.0.0.1", "1"));
                FaultProxy _ = FaultProxy.at("127.0.0.2", servers.redis().port(), replica.port());
                Program service = Program.start(options, environment())) {
            awaitPromo(service, "before");
            awaitFollowed(service, "changed", pair.first().port());
            try (Program verify = Program.start(options, environment(), "verify")) {
                assertThat(verify.awaitEnd().exitCode()).isZero();
            }
        }
    }

    /** Both stores move to another address, and nobody answers at the first any more. */
    @Test
    void addressChanges_theOldOneIsGone_everythingFollows() throws IOException {
        List<String> options = List.of("-Djdk.net.hosts.file=" + hosts("127.0.0.2 db cache"));
        FaultProxy oldPostgres =
                FaultProxy.at("127.0.0.2", pair.first().port(), pair.first().port());
        FaultProxy oldRedis = FaultProxy.at(
                "127.0.0.2", servers.redis().port(), servers.redis().port());
        try (FaultProxy _ = FaultProxy.at(
                        "127.0.0.3", pair.first().port(), pair.first().port());
                FaultProxy redis = FaultProxy.at(
                        "127.0.0.3", servers.redis().port(), servers.redis().port());
                Program service = Program.start(options, environment())) {
            awaitPromo(service, "before");
            awaitFollowed(service, "changed", pair.first().port());

            hosts("127.0.0.3 db cache");
            oldPostgres.close();
            oldRedis.close();

            awaitFollowed(service, "moved", pair.first().port());
            servers.redisCommands().flushall();
            awaitPromo(service, "moved");
            await().atMost(PATIENCE).until(() -> redis.open() > 1);
            try (Program verify = Program.start(options, environment(), "verify")) {
                assertThat(verify.awaitEnd().exitCode()).isZero();
            }
        }
    }

    /** The standby was promoted, and its name leads to it now; the former primary goes on to answer those who are connected. */
    @Test
    void addressChanges_theOldServerAnswers_newPrimaryIsUsed() throws IOException {
        List<String> options = List.of("-Djdk.net.hosts.file=" + hosts("127.0.0.2 db", "127.0.0.1 cache"));
        try (FaultProxy _ = FaultProxy.at(
                        "127.0.0.2", pair.first().port(), pair.first().port());
                FaultProxy _ = FaultProxy.at(
                        "127.0.0.3", pair.first().port(), pair.second().port());
                Program service = Program.start(options, environment())) {
            awaitPromo(service, "before");

            pair.promoteSecond();
            PostgresPair.put(pair.second(), "alice", "after");
            hosts("127.0.0.3 db", "127.0.0.1 cache");

            awaitPromo(service, "after");
            awaitFollowed(service, "later", pair.second().port());
        }
    }

    private Map<String, String> environment() {
        Map<String, String> environment = new HashMap<>(servers.environment());
        environment.put("DATABASE_URL", "postgres://postgres@db:" + pair.first().port() + "/postgres?sslmode=disable");
        environment.put("REDIS_ADDR", "cache:" + servers.redis().port());
        environment.put("CHANGE_FEED", "on");
        return environment;
    }

    /** In one step, so that nobody reads half of it. @return the file */
    private Path hosts(String... lines) throws IOException {
        Path next = Files.write(directory.resolve("next"), List.of(lines));
        return Files.move(
                next, directory.resolve("hosts"), StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    /** What is committed comes to be seen by the change feed: nothing else would show it so soon. */
    private void awaitFollowed(Program service, String promoMessage, int port) {
        try (ProgramMetrics metrics = ProgramMetrics.of(service)) {
            await().atMost(PATIENCE).until(() -> metrics.sum("hotcold_changefeed_role{role=\"owner\"}") == 1);
        }
        awaitCached(service);
        PostgresPair.put(port == pair.first().port() ? pair.first() : pair.second(), "alice", promoMessage);
        awaitPromo(service, promoMessage);
    }

    private void awaitCached(Program service) {
        int port = service.awaitPort();
        await().atMost(PATIENCE).until(() -> lookup(port).header("Cache-Status").equals("redis; hit"));
    }

    private void awaitPromo(Program service, String promoMessage) {
        int port = service.awaitPort();
        await().atMost(PATIENCE)
                .untilAsserted(() -> assertThat(lookup(port).body()).contains("\"" + promoMessage + "\""));
    }

    private Response lookup(int port) {
        return http.send("GET", port, "/v1/users?user_id=alice").await();
    }
}
