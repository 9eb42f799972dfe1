package dev.hotcold.app.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Servers;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Statements run without psql, also in the embedded PostgreSQL of a running service. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class SqlIT {

    @Test
    void sql_query_isPrintedAsATable() {
        Program.Ended ended = Program.run(
                Servers.shared().environment(),
                "sql",
                "SELECT 1 AS n, U&'zo\\00EB' AS text UNION ALL SELECT 20, E'two\\nlines \\x1b[31m' UNION ALL SELECT NULL, NULL");

        assertThat(ended.out()).as(ended.err()).isEqualTo("""
                n    | text
                -----+-----------------------
                1    | zoë
                20   | two\\nlines \\u001b[31m
                NULL | NULL
                (3 rows)
                """);
        assertThat(ended.exitCode()).isZero();
    }

    @Test
    void sql_statementsOfStandardInput_areRunInTurn() {
        Servers servers = Servers.shared();

        Program.Ended ended = Program.runWithInput(
                "INSERT INTO users VALUES ('u1', 'd', 'p'), ('u2', 'd', 'p');\nSELECT count(*) FROM users;",
                servers.environment(),
                "sql");

        assertThat(ended.out()).as(ended.err()).isEqualTo("done, 2 rows\ncount\n------\n2\n(1 row)\n");
        assertThat(servers.queryLong("SELECT count(*) FROM users")).isEqualTo(2);
    }

    @Test
    void sql_wrongStatement_isExitCodeOneAndSaysWhy() {
        Program.Ended ended = Program.run(Servers.shared().environment(), "sql", "SELEKT 1");

        assertThat(ended.exitCode()).isEqualTo(1);
        assertThat(ended.err())
                .startsWith("error: PostgreSQL: ")
                .contains("SELEKT")
                .doesNotContain("\tat ");
    }

    @Test
    void commands_nothingSet_useTheEmbeddedServersOfTheServiceThatRuns(@TempDir Path data) {
        Map<String, String> environment = Map.of(
                "LOCAL_DATA_DIR", data.toString(), "PORT", "0", "MANAGEMENT_PORT", "0", "REQUEST_TIMEOUT_MS", "20000");
        Program.Ended before = Program.run(environment, "sql", "SELECT 1");
        try (Program service = Program.start(environment, "serve", "--demo")) {
            int port = service.awaitPort();

            Program.Ended loaded = Program.runWithInput(
                    "user_id,deeplink,promo_message\ndave,app://dave,\n", environment, "load-users", "-");
            Program.Ended counted =
                    Program.run(environment, "sql", "SELECT count(*) FROM users WHERE user_id IN ('alice', 'dave')");
            Program.Ended verified = Program.run(environment, "verify", "--all");

            assertThat(loaded.out()).as(loaded.err()).startsWith("inserted 1");
            assertThat(counted.out()).as(counted.err()).contains("\n2\n");
            assertThat(verified.out()).as(verified.err()).contains("0 stale");
            try (RawClient client = RawClient.connect(port)) {
                assertThat(client.lookup("dave").body()).contains("app://dave");
            }
            service.kill();
        }
        Program.Ended after = Program.run(environment, "sql", "SELECT 1");

        assertThat(before.exitCode()).isEqualTo(2);
        assertThat(after.exitCode()).isEqualTo(2);
        assertThat(after.err())
                .contains("DATABASE_URL is not set", data.resolve("0").toString());
    }
}
