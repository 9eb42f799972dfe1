package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonObject;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is wrong with one row of a table, or with one prepared statement, costs nobody else an answer. */
class ColdIsolationIT {

    private static final int USERS = 300;

    private final Servers servers = Servers.start();
    private String database = servers.postgres().jdbcUrl();

    @BeforeEach
    void fill() {
        sql("INSERT INTO users SELECT 'user' || i, 'app://' || i, 'promo ' || i FROM generate_series(1, " + USERS
                + ") i");
    }

    @AfterEach
    void stop() {
        servers.close();
    }

    @Test
    void lookup_rowIsNotInTheEncodingOfTheClient_failsAlone() {
        servers.sql("CREATE DATABASE old ENCODING 'SQL_ASCII' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'");
        database = servers.postgres().jdbcUrl().replace("/postgres?", "/old?");
        sql(Servers.schema());
        fill();
        sql(
                "UPDATE users SET promo_message = convert_from('\\x4772fc6e', 'SQL_ASCII') WHERE user_id IN ('user13', 'user250')");

        try (TestService service = start("/old?")) {
            assertOnlyFail(service, Set.of("user13", "user250"));
        }
    }

    @Test
    void lookup_viewRaisesAnErrorForOneRow_failsAlone() {
        sql(
                "ALTER TABLE users RENAME TO all_users; CREATE VIEW users AS SELECT user_id, deeplink, CASE WHEN user_id = 'user13'"
                        + " THEN (1 / (length(promo_message) - length(promo_message)))::text ELSE promo_message END AS promo_message"
                        + " FROM all_users");

        try (TestService service = start("/postgres?")) {
            assertOnlyFail(service, Set.of("user13"));
        }
    }

    @Test
    void lookup_functionForbidsOneRow_failsAlone() {
        sql("CREATE FUNCTION checked(id text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN IF id = 'user13' THEN"
                + " RAISE insufficient_privilege; END IF; RETURN id; END $$; ALTER TABLE users RENAME TO all_users;"
                + " CREATE VIEW users AS SELECT user_id, checked(deeplink || left(user_id, 0)) AS deeplink, checked(user_id) AS"
                + " promo_message FROM all_users");

        try (TestService service = start("/postgres?")) {
            assertOnlyFail(service, Set.of("user13"));
            assertThat(service.manage("/readyz").body()).doesNotContain("the role may not read the table");
        }
    }

    /** PostgreSQL sends what stands in a UTF8 database as it is; the driver would make U+FFFD of it. */
    @Test
    void lookup_bytesThatAreNoUtf8_failAloneAndAreNeverServed() {
        sql("CREATE CAST (bytea AS text) WITHOUT FUNCTION;"
                + " UPDATE users SET promo_message = '\\x4772fc6e'::bytea::text WHERE user_id = 'user13';"
                + " UPDATE users SET deeplink = '\\xf09f98'::bytea::text WHERE user_id = 'user14';"
                + " UPDATE users SET promo_message = U&'\\FFFD ' || U&'\\+01F600' WHERE user_id = 'user15'");

        try (TestService service = start("/postgres?")) {
            assertOnlyFail(service, Set.of("user13", "user14"));
            assertThat(new JsonObject(service.lookup("user15").body()).getString("promo_message"))
                    .isEqualTo("\ufffd \ud83d\ude00");
        }
    }

    @Test
    void lookup_typeOfAColumnChanges_nobodyNotices() {
        try (TestService service = start("/postgres?")) {
            assertThat(lookUp(service, ids(1, 20)).values()).containsOnly(200);
            sql("ALTER TABLE users ALTER promo_message TYPE varchar(500)");
            assertThat(lookUp(service, ids(21, 40)).values()).containsOnly(200);
            sql("ALTER TABLE users ALTER promo_message TYPE varchar(600)");
            assertThat(lookUp(service, ids(41, 60)).values()).containsOnly(200);
            sql("ALTER TABLE users ALTER promo_message TYPE text, ALTER deeplink TYPE varchar");
            assertThat(lookUp(service, ids(61, 80)).values()).containsOnly(200);
            assertThat(service.manage("/readyz").body()).doesNotContain("postgres");
        }
    }

    /** As through a pooler, or after DISCARD ALL: the session has lost its statements each time. */
    @Test
    void lookup_preparedStatementsAreGone_nobodyNotices() {
        sql(
                "CREATE FUNCTION forget(id text) RETURNS text LANGUAGE plpgsql AS $$ BEGIN DEALLOCATE ALL; RETURN id; END $$;"
                        + " ALTER TABLE users RENAME TO all_users; CREATE VIEW users AS SELECT user_id, forget(deeplink) AS deeplink,"
                        + " promo_message FROM all_users");

        try (TestService service = start("/postgres?")) {
            for (int i = 1; i < 280; i++) {
                assertThat(service.lookup("user" + i).status()).isEqualTo(200);
            }
            assertThat(service.manage("/readyz").body()).doesNotContain("postgres");
        }
    }

    private void assertOnlyFail(TestService service, Set<String> bad) {
        for (int round = 0; round < 3; round++) {
            servers.redisCommands().flushall();
            Map<String, Integer> statuses = lookUp(service, ids(1, USERS - 10));
            statuses.forEach((id, status) -> assertThat(status).as(id).isEqualTo(bad.contains(id) ? 500 : 200));
        }
        assertThat(service.lookup("nobody").status()).isEqualTo(404);
        bad.forEach(id -> assertThat(service.lookup(id).body()).doesNotContain("promo_message"));
    }

    /** All at the same moment, so that they share queries. */
    private static Map<String, Integer> lookUp(TestService service, List<String> ids) {
        Map<String, Integer> statuses = new LinkedHashMap<>();
        StringBuilder requests = new StringBuilder();
        ids.forEach(id ->
                requests.append("GET /v1/users?user_id=").append(id).append(" HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        try (RawClient client = RawClient.connect(service.port())) {
            client.send(requests.toString());
            for (String id : ids) {
                Response response = client.readResponse();
                statuses.put(id, response.status());
            }
        }
        return statuses;
    }

    private static List<String> ids(int first, int last) {
        return IntStream.rangeClosed(first, last).mapToObj(i -> "user" + i).toList();
    }

    private TestService start(String path) {
        String url = servers.postgres().databaseUrl().replace("/postgres?", path);
        return TestService.start(servers, "DATABASE_URL", url, "REQUEST_TIMEOUT_MS", "10000", "PG_MAX_CONNS", "1");
    }

    private void sql(String statements) {
        try (Connection connection = DriverManager.getConnection(database);
                Statement statement = connection.createStatement()) {
            statement.execute(statements);
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }
}
