package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The program as an operator runs it: its commands, what it prints and its exit codes. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CommandLineIT {

    @Test
    void help_andVersion_arePrinted() {
        Program.Ended help = Program.run(Map.of(), "--help");
        Program.Ended version = Program.run(Map.of(), "--version");

        assertThat(help.exitCode()).isZero();
        assertThat(help.out()).contains("serve", "migrate", "config", "--version", "Exit codes: 0 done, 1 failed, 2");
        assertThat(version.exitCode()).isZero();
        assertThat(version.out()).startsWith("hotcold-user-api ").contains("Java ");
        assertThat(help.err() + version.err()).isEmpty();
    }

    @Test
    void arguments_unknown_areExitCodeTwo() {
        Program.Ended ended = Program.run(Map.of(), "dance");

        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.err()).contains("dance");
    }

    @Test
    void config_secretsAndOrigins_areMaskedAndTold() {
        Program.Ended ended = Program.run(
                Map.of(
                        "DATABASE_URL", "postgres://app:databasesecret@db.example:6432/users?sslmode=require",
                        "REDIS_ADDR", "redis://:urlsecret@cache.example/2",
                        "REDIS_PASSWORD", "redissecret",
                        "REDIS_POOL_SIZ", "4"),
                "config");

        assertThat(ended.exitCode()).isZero();
        assertThat(ended.out() + ended.err()).doesNotContain("secret");
        assertThat(ended.out())
                .containsPattern("DATABASE_URL +=.*app:\\*\\*\\*\\*@db\\.example:6432/users.* # environment")
                .containsPattern("REDIS_PASSWORD +=.*\\*\\*\\*\\*.* # environment")
                .containsPattern("REDIS_DB += 2 .* # environment")
                .containsPattern("PORT += 8080 .* # default");
        assertThat(ended.err()).contains("REDIS_POOL_SIZ", "REDIS_POOL_SIZE");
    }

    @Test
    void config_nothingSet_saysWhatIsEmbedded() {
        Program.Ended ended = Program.run(Map.of(), "config");

        assertThat(ended.exitCode()).isZero();
        assertThat(ended.out())
                .containsPattern("DATABASE_URL += \\(embedded\\) .* # embedded")
                .containsPattern("REDIS_ADDR += \\(embedded\\) .* # embedded");
    }

    @Test
    void serve_wrongSettings_areAllToldAtOnceWithExitCodeTwo() {
        Program.Ended ended = Program.run(Map.of(
                "PORT", "eighty",
                "REQUEST_TIMEOUT_MS", "-1",
                "REDIS_ADDR", "http://cache",
                "DATABASE_URL", "postgres://app:topsecret@db:99999/users",
                "RESPONSE_STYLE", "verbose"));

        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.err())
                .contains("PORT", "eighty", "REQUEST_TIMEOUT_MS", "-1", "REDIS_ADDR", "DATABASE_URL", "RESPONSE_STYLE")
                .contains("verbose", "status or compact")
                .doesNotContain("topsecret");
        assertThat(ended.err().lines().filter(line -> line.startsWith("error: ")))
                .hasSize(5);
    }

    @Test
    void migrate_emptyDatabase_createsTheTableAndIsSafeToRunAgain() {
        Servers servers = Servers.shared();
        servers.sql("DROP DATABASE IF EXISTS empty");
        servers.sql("CREATE DATABASE empty");
        String url = servers.postgres().databaseUrl().replace("/postgres?", "/empty?");
        Map<String, String> environment = Map.of("DATABASE_URL", url, "CHANGE_FEED", "off");

        Program.Ended first = Program.run(environment, "migrate");
        Program.Ended again = Program.run(environment, "migrate");

        assertThat(first.out()).contains("2 migration(s) applied");
        assertThat(again.out()).contains("up to date");
        assertThat(first.exitCode() + again.exitCode()).isZero();
        // Fails unless the table is there, under its name.
        servers.sql("ALTER DATABASE empty RENAME TO migrated");
        servers.sql("DROP DATABASE migrated");
    }

    @Test
    void migrate_databaseUnreachable_isExitCodeOneAndSaysWhich() throws IOException {
        int nobody = freePort();

        Program.Ended ended = Program.run(
                Map.of("DATABASE_URL", "postgres://app:topsecret@127.0.0.1:" + nobody + "/users"), "migrate");

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.err())
                .contains("error: ", "127.0.0.1:" + nobody + "/users")
                .doesNotContain("topsecret");
        assertThat(ended.err()).doesNotContain("\tat ");
    }

    @Test
    void migrate_noDatabaseUrl_isExitCodeTwo() {
        Program.Ended ended = Program.run(Map.of(), "migrate");

        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.err()).contains("DATABASE_URL is not set");
    }

    /** Each of another setting, and all told at once; nothing has been started for them. */
    @Test
    void serve_filesThatCannotBeUsed_areToldBeforeAnythingStarts(@TempDir Path directory) throws IOException {
        Path wrong = Files.writeString(directory.resolve("wrong.pem"), "no certificate");
        Path data = directory.resolve("data");
        Map<String, String> environment = Map.of(
                "TLS_CERT_FILE", wrong.toString(),
                "TLS_KEY_FILE", wrong.toString(),
                "REDIS_TLS_CA_FILE", wrong.toString(),
                "REDIS_ADDR", "rediss://127.0.0.1:1",
                "LOCAL_DATA_DIR", data.toString());

        Program.Ended served = Program.run(environment);
        Program.Ended shown = Program.run(environment, "config");

        for (Program.Ended ended : List.of(served, shown)) {
            assertThat(ended.exitCode()).isEqualTo(2);
            assertThat(ended.err().lines().filter(line -> line.startsWith("error: ")))
                    .satisfiesExactlyInAnyOrder(
                            line -> assertThat(line).contains("TLS_CERT_FILE", wrong.toString()),
                            line -> assertThat(line).contains("REDIS_TLS_CA_FILE", wrong.toString()));
        }
        assertThat(shown.out()).contains("LOCAL_DATA_DIR");
        assertThat(data).doesNotExist();
    }

    @Test
    void serve_portTaken_isExitCodeOneAndNamesTheSetting() throws IOException {
        try (ServerSocket taken = new ServerSocket(0)) {
            Map<String, String> environment = Servers.shared().environment();
            String port = Integer.toString(taken.getLocalPort());
            environment.put("PORT", port);
            Program.Ended ended = Program.run(environment);

            environment.put("PORT", "0");
            environment.put("MANAGEMENT_PORT", port);
            Program.Ended other = Program.run(environment);

            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.err()).contains("cannot listen on port " + port + " (PORT)");
            assertThat(other.exitCode()).isEqualTo(1);
            assertThat(other.err())
                    .contains("cannot listen on 127.0.0.1:" + port + " (MANAGEMENT_HOST, MANAGEMENT_PORT)");
            assertThat(ended.err() + other.err()).doesNotContain("Exception", "Graceful shutdown failed");
        }
    }

    @Test
    void serve_terminated_isExitCodeZero() {
        Servers servers = Servers.shared();
        servers.put("alice", "app://alice", "Hi");
        try (Program program = Program.start(servers.environment())) {
            int port = program.awaitPort();
            try (RawClient client = RawClient.connect(port)) {
                assertThat(client.lookup("alice").status()).isEqualTo(200);
            }

            program.terminate();

            Program.Ended ended = program.awaitEnd();
            assertThat(ended.exitCode()).isZero();
            assertThat(ended.out()).contains("/v1/users?user_id=", "/metrics", "/swagger/");
        }
    }

    @Test
    void serve_embeddedServers_keepTheirDataInLocalDataDir(@TempDir Path directory) throws IOException {
        Path data = directory.resolve("data");
        // With a budget for a busy machine.
        Map<String, String> environment = Map.of(
                "LOCAL_DATA_DIR", data.toString(), "PORT", "0", "MANAGEMENT_PORT", "0", "REQUEST_TIMEOUT_MS", "20000");

        Program.Ended first = askForAlice(environment, "--demo");
        Program.Ended second = askForAlice(environment);

        assertThat(first.out()).contains("DATABASE_URL is not set", "REDIS_ADDR is not set", data.toString());
        assertThat(second.exitCode()).isZero();
        try (Stream<Path> files = Files.walk(data)) {
            assertThat(files).anyMatch(file -> file.endsWith("PG_VERSION"));
        }
    }

    @Test
    void train_serviceThatDoesNotComeUp_isExitCodeOne(@TempDir Path directory) {
        Program.Ended ended = Program.run(Map.of(), "train", directory.toString(), "--", "false");

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.err()).contains("error: the service did not come up");
    }

    /** Serves, looks alice up, who comes from PostgreSQL and then from Redis, and ends. */
    private static Program.Ended askForAlice(Map<String, String> environment, String... options) {
        String[] arguments =
                Stream.concat(Stream.of("serve"), Stream.of(options)).toArray(String[]::new);
        try (Program program = Program.start(environment, arguments)) {
            int port = program.awaitPort();
            try (RawClient client = RawClient.connect(port)) {
                Response cold = client.lookup("alice");
                assertThat(cold.body()).contains("ok:postgres", "\"user_id\":\"alice\"");
                // Nothing is proven fresh in the first moments of the change feed.
                await().untilAsserted(() ->
                        assertThat(client.lookup("alice").body()).contains("ok:redis", "\"user_id\":\"alice\""));
            }
            program.terminate();
            return program.awaitEnd();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
