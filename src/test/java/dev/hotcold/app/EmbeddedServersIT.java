package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Http;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.RedisClients;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisURI;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code hotcold serve} on its embedded servers: what ends with it, and what works on them. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class EmbeddedServersIT {

    /** How long an embedded server may outlive a service that was killed. */
    private static final Duration ORPHAN_LIMIT = Duration.ofSeconds(5);

    private static final Pattern NEAR_HITS = Pattern.compile("^hotcold_near_hits_total (\\S+)$", Pattern.MULTILINE);

    @TempDir
    private Path data;

    @Test
    void serve_processGroupIsKilled_endsItsServersAndStartsAgain() throws IOException {
        List<ProcessHandle> servers = new ArrayList<>();
        try (Program killed = Program.startInOwnGroup(environment(), "serve", "--demo")) {
            killed.awaitPort();
            servers.add(postgres());
            servers.add(redis(killed));

            killed.killGroup();

            await().atMost(ORPHAN_LIMIT).untilAsserted(() -> assertThat(servers).noneMatch(ProcessHandle::isAlive));
        } finally {
            servers.forEach(ProcessHandle::destroyForcibly);
        }
        try (Program next = Program.start(environment(), "serve");
                RawClient client = RawClient.connect(next.awaitPort())) {
            assertThat(client.lookup("alice").status()).isEqualTo(200);
            next.terminate();
            assertThat(next.awaitEnd().exitCode()).isZero();
        }
    }

    @Test
    void serve_nearCache_answersFromMemory() {
        Map<String, String> environment = environment("NEAR_CACHE_ENTRIES", "100");
        try (Program program = Program.start(environment, "serve", "--demo");
                Http http = Http.http1(1);
                RawClient client = RawClient.connect(program.awaitPort())) {
            int management = Integer.parseInt(
                    program.awaitOutput("localhost:(\\d+)/metrics").group(1));

            await().until(() -> {
                client.lookup("alice");
                return nearHits(http, management) > 0;
            });

            assertThat(http.send("GET", management, "/readyz").await().body()).contains("\"degraded\":{}");
            // Its servers are to have ended before their directory is removed.
            program.terminate();
            assertThat(program.awaitEnd().exitCode()).isZero();
        }
    }

    private static double nearHits(Http http, int management) {
        return NEAR_HITS
                .matcher(http.send("GET", management, "/metrics").await().body())
                .results()
                .mapToDouble(line -> Double.parseDouble(line.group(1)))
                .sum();
    }

    /** With a budget for a busy machine. */
    private Map<String, String> environment(String... more) {
        Map<String, String> environment = new HashMap<>();
        environment.put("LOCAL_DATA_DIR", data.toString());
        environment.put("PORT", "0");
        environment.put("MANAGEMENT_PORT", "0");
        environment.put("REQUEST_TIMEOUT_MS", "20000");
        for (int i = 0; i < more.length; i += 2) {
            environment.put(more[i], more[i + 1]);
        }
        return environment;
    }

    private ProcessHandle postgres() throws IOException {
        String pid =
                Files.readAllLines(data.resolve("0/postgresql/postmaster.pid")).getFirst();
        return ProcessHandle.of(Long.parseLong(pid.strip())).orElseThrow();
    }

    private static ProcessHandle redis(Program program) {
        MatchResult address = program.awaitOutput("Redis: +127\\.0\\.0\\.1:(\\d+)");
        try (RedisClient client = RedisClients.of(RedisURI.create("127.0.0.1", Integer.parseInt(address.group(1))))) {
            String info = client.connect().sync().info("server");
            return Pattern.compile("process_id:(\\d+)")
                    .matcher(info)
                    .results()
                    .map(pid -> ProcessHandle.of(Long.parseLong(pid.group(1))).orElseThrow())
                    .findFirst()
                    .orElseThrow();
        }
    }
}
