package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Http;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the log of a running service says, and what it never does. */
@Timeout(value = 150, unit = TimeUnit.SECONDS)
class LogIT {

    /** Found nowhere else. */
    private static final String ID = "RecognisableUser-7";

    private static final Pattern LINE = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\S+Z (?:INFO |WARN |ERROR) \\S+ - .*");

    @Test
    void errorTextOfPostgres_lineEndsAndEscapes_forgeNeitherTheLogNorReadiness() {
        try (Servers servers = Servers.start();
                Program program = Program.start(environment(servers))) {
            int port = program.awaitPort();
            servers.put("alice", "app://alice", "Hi");
            raise(servers, "E'down\\n2026-01-01T00:00:00.000Z INFO  Service - all is well\\u001b[2K\\u202e'");

            lookUp(port, "alice");

            await().untilAsserted(() ->
                    assertThat(program.err()).contains("PostgreSQL is degraded: replied with an error: down"));
            assertThat(program.err())
                    .contains("down\\n2026-01-01T00:00:00.000Z INFO  Service - all is well\\u001b[2K\\u202e");
            assertThat(program.err().lines())
                    .allMatch(line -> LINE.matcher(line).matches());
            // A probe may have succeeded meanwhile.
            await().untilAsserted(() -> {
                lookUp(port, "alice");
                assertThat(manage(program, "/readyz").body())
                        .contains("all is well\\\\u001b[2K\\\\u202e")
                        .doesNotContain("\u202e");
            });
        }
    }

    @Test
    void stateOfAStore_changingAllTheTime_isAFewLinesAndEndsWithTheLastState() {
        try (Servers servers = Servers.start();
                Program program = Program.start(environment(servers))) {
            int port = program.awaitPort();
            // PostgreSQL answers lookups of one user, and has no resources for those of another.
            servers.sql("CREATE FUNCTION refuse(id text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN"
                    + " IF id LIKE 'bad%' THEN RAISE EXCEPTION 'refused % %', id, random() USING ERRCODE = '53000'; END IF; RETURN true; END $$;"
                    + " ALTER TABLE users RENAME TO all_users;"
                    + " CREATE VIEW users AS SELECT * FROM all_users WHERE refuse(user_id);"
                    + " INSERT INTO all_users SELECT 'good' || i, '', '' FROM generate_series(1, 300) i;"
                    + " INSERT INTO all_users SELECT 'bad' || i, '', '' FROM generate_series(1, 300) i");

            try (RawClient client = RawClient.connect(port)) {
                for (int i = 1; i <= 300; i++) {
                    client.lookup("bad" + i);
                    client.lookup("good" + i);
                }
            }

            List<String> lines = program.err()
                    .lines()
                    .filter(line -> line.contains("PostgreSQL "))
                    .toList();
            assertThat(lines).hasSizeLessThan(8);
            await().atMost(Duration.ofSeconds(90))
                    .until(() -> program.err()
                            .lines()
                            .filter(line -> line.contains("PostgreSQL "))
                            .toList()
                            .getLast()
                            .matches(".*PostgreSQL has recovered \\(\\d{2,} more in the last minute\\)"));
            assertThat(program.err()).doesNotContain("bad1", "bad300");
        }
    }

    @Test
    void idOfAUser_whateverFails_isInNoLine() {
        try (Servers servers = Servers.start();
                Program program = Program.start(environment(servers))) {
            int port = program.awaitPort();
            servers.put(ID, "app://" + ID, "Hi");
            raise(servers, "format('denied to %s, key (user_id)=(%s)', '" + ID + "', '" + ID + "')");
            lookUp(port, ID);
            await().untilAsserted(() ->
                    assertThat(program.err()).contains("PostgreSQL is degraded: replied with an error: denied to …"));

            // Redis names the key that a script may not write, and the arguments of a command that is not known.
            servers.redisCommands()
                    .aclSetuser(
                            "default",
                            io.lettuce.core.AclSetuserArgs.Builder.removeCommand(
                                    io.lettuce.core.protocol.CommandType.MGET));
            lookUp(port, ID);
            await().until(() -> program.err().contains("Redis is degraded"));
            servers.redisCommands().set("user:" + ID, new byte[] {1, 2, 3});
            lookUp(port, ID);
            try (RawClient client = RawClient.connect(port)) {
                client.send("GET /v1/users?user_id=" + ID + "\u0000 HTTP/1.1\r\n\r\n")
                        .skip(10);
            }
            try (RawClient client = RawClient.connect(port)) {
                client.send("BREW /" + ID + "/%zz?" + ID + " HTTP/1.1\r\nHost: " + ID + "\r\n" + ID + "\r\n\r\n")
                        .skip(10);
            }

            assertThat(program.err()).doesNotContain(ID);
            assertThat(manage(program, "/readyz").body()).doesNotContain(ID);
        }
    }

    /** Every query of the table fails with this text. */
    private static void raise(Servers servers, String text) {
        servers.sql(
                "CREATE FUNCTION refuse() RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION '%', " + text
                        + "; END $$; ALTER TABLE users RENAME TO all_users;"
                        + " CREATE VIEW users AS SELECT * FROM all_users WHERE refuse() UNION SELECT '', '', '' WHERE refuse()");
    }

    private static void lookUp(int port, String id) {
        try (RawClient client = RawClient.connect(port)) {
            client.lookup(id);
        }
    }

    private static Response manage(Program program, String target) {
        int port =
                Integer.parseInt(program.awaitOutput("localhost:(\\d+)/metrics").group(1));
        try (Http http = Http.http1(1)) {
            return http.send("GET", port, target).await();
        }
    }

    private static Map<String, String> environment(Servers servers) {
        Map<String, String> environment = servers.environment();
        environment.put("CHANGE_FEED", "off");
        environment.put("REQUEST_TIMEOUT_MS", "5000");
        return environment;
    }
}
