package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.hotcold.testkit.FrontProxy;
import dev.hotcold.testkit.PostgresPooler;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TableLock;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Behind a connection pooler, whose sessions other applications use as well: in each mode of one that is part of the tests, and of
 * PgBouncer where that is installed.
 */
@Timeout(120)
class PoolerIT {

    private static final int USERS = 200;
    private static final int SESSIONS = 4;

    /** As the drivers of other applications call theirs; the first ones are those of ours. */
    private static final List<String> NAMES = List.of(
            "0000000", "0000001", "0000002", "0000003", "S_1", "hc1", "__asyncpg_stmt_1__", "stmtcache_1", "users");

    /** A pooler in one of its modes. */
    enum Front {
        SESSION(PostgresPooler.Mode.SESSION),
        TRANSACTION(PostgresPooler.Mode.TRANSACTION),
        TRANSACTION_OF_ONE_NAMED(PostgresPooler.Mode.TRANSACTION_OF_ONE_NAMED),
        STATEMENT(PostgresPooler.Mode.STATEMENT),
        PGBOUNCER_SESSION("session"),
        PGBOUNCER_TRANSACTION("transaction"),
        PGBOUNCER_STATEMENT("statement");

        private final PostgresPooler.Mode mode;
        private final String pgbouncerMode;

        Front(PostgresPooler.Mode mode) {
            this.mode = mode;
            this.pgbouncerMode = "";
        }

        Front(String pgbouncerMode) {
            this.mode = PostgresPooler.Mode.SESSION;
            this.pgbouncerMode = pgbouncerMode;
        }

        boolean keepsSessions() {
            return this == SESSION || this == PGBOUNCER_SESSION;
        }

        boolean allowsTransactions() {
            return this != STATEMENT && this != PGBOUNCER_STATEMENT;
        }
    }

    @TempDir
    private Path directory;

    private final Servers servers = Servers.shared();
    private AutoCloseable pooler = () -> {};
    private int port;

    @BeforeEach
    void fill() {
        servers.sql("INSERT INTO users SELECT 'user' || i, 'app://' || i, 'promo ' || i FROM generate_series(1, "
                + USERS + ") i");
    }

    @AfterEach
    void stop() throws Exception {
        pooler.close();
        await().until(() -> servers.queryLong("SELECT count(*) FROM pg_stat_activity WHERE usename = 'api'") == 0);
        servers.sql("DROP SCHEMA IF EXISTS tenant CASCADE; DROP SCHEMA IF EXISTS other CASCADE;"
                + " DO $$ BEGIN DROP OWNED BY api; DROP ROLE api; EXCEPTION WHEN undefined_object THEN NULL; END $$");
    }

    private void start(Front front) {
        servers.sql("CREATE ROLE api LOGIN; GRANT SELECT ON users TO api");
        int postgres = servers.postgres().port();
        if (front.pgbouncerMode.isEmpty()) {
            PostgresPooler started = PostgresPooler.start(postgres, front.mode, SESSIONS);
            pooler = started;
            port = started.port();
        } else {
            // It is no library of Maven; the pooler of the tests has what matters of it.
            assumeTrue(
                    FrontProxy.isInstalled("pgbouncer"),
                    "pgbouncer is not on PATH, so the service is not tried behind it");
            FrontProxy started = FrontProxy.pgbouncer(front.pgbouncerMode, directory, postgres);
            pooler = started;
            port = started.port();
        }
    }

    private String url(String parameters) {
        return "postgres://api@127.0.0.1:" + port + "/postgres?sslmode=disable" + parameters;
    }

    private TestService service(String... settings) {
        return TestService.start(
                servers,
                new String[] {
                    "DATABASE_URL",
                    url(""),
                    "PG_MAX_CONNS",
                    "2",
                    "REQUEST_TIMEOUT_MS",
                    "5000",
                    "PG_HEALTHCHECK_PERIOD_SEC",
                    "1"
                },
                settings);
    }

    /** Runs a statement on each session of the pool, where sessions are shared: they come in turn. */
    private void neighbour(String statement) {
        try (Connection connection = DriverManager.getConnection(
                        "jdbc:postgresql://127.0.0.1:" + port + "/postgres?user=api&preferQueryMode=simple");
                Statement sent = connection.createStatement()) {
            for (int i = 0; i < 2 * SESSIONS; i++) {
                try {
                    sent.execute(statement);
                } catch (SQLException there) {
                    assertThat(there.getSQLState()).isEqualTo("42P05");
                }
            }
        } catch (SQLException e) {
            throw new IllegalStateException(e);
        }
    }

    private void neighbourPrepares() {
        for (String name : NAMES) {
            neighbour("PREPARE \"" + name
                    + "\" (text[]) AS SELECT user_id, 'foreign'::text AS deeplink, 'foreign'::text AS"
                    + " promo_message FROM users WHERE user_id = ANY($1)");
        }
    }

    @ParameterizedTest
    @EnumSource
    void lookups_sessionsAreSharedWithStatementsOfAnyName_nobodyNotices(Front front) {
        start(front);
        neighbourPrepares();
        try (TestService service = service()) {
            assertServed(service, "app://");
            neighbourPrepares();
            servers.redisCommands().flushall();
            assertServed(service, "app://");
            assertThat(service.manage("/readyz").body()).doesNotContain("postgres");
        }
    }

    /** Whatever is said of the pooler: what is not so is found out before a caller notices. */
    @ParameterizedTest
    @CsvSource({
        "TRANSACTION, none",
        "TRANSACTION, session",
        "TRANSACTION, transaction",
        "STATEMENT, statement",
        "SESSION, transaction",
        "SESSION, session",
        "PGBOUNCER_TRANSACTION, none",
        "PGBOUNCER_SESSION, session",
        "PGBOUNCER_STATEMENT, none"
    })
    void lookups_poolerIsSaidToBeOfSomeMode_nobodyNotices(Front front, String said) {
        start(front);
        neighbourPrepares();
        try (TestService service = service("PG_POOLER", said)) {
            assertServed(service, "app://");
            assertThat(service.manage("/readyz").body()).doesNotContain("postgres");
        }
    }

    /** What no honest pooler does. */
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "auto | SELECT 'someone' AS user_id, 'foreign' AS deeplink, 'foreign' AS promo_message WHERE $1::text[] IS NOT NULL",
                "none | SELECT 'someone' AS user_id, 'foreign' AS deeplink, 'foreign' AS promo_message WHERE $1::text[] IS NOT NULL",
                "auto | SELECT 'user1' AS user_id, 'foreign' AS name, 'foreign' AS mail WHERE $1::text[] IS NOT NULL",
                "none | SELECT 'user1' AS user_id, 'foreign' AS name, 'foreign' AS mail WHERE $1::text[] IS NOT NULL",
                "auto | SELECT 'user1' AS user_id, 'foreign' AS deeplink WHERE $1::text[] IS NOT NULL",
                "none | SELECT 'user1' AS user_id WHERE $1::text[] IS NOT NULL",
            })
    void lookups_answeredByAnotherQuery_failAndAreNeverCached(String said, String query) {
        start(Front.TRANSACTION);
        try (TestService service = service("PG_POOLER", said)) {
            mixing().mixUp(query);
            for (int i = 0; i < 3; i++) {
                assertThat(service.lookup("user1").status()).isEqualTo(500);
                assertThat(service.lookup("user2").status()).isEqualTo(500);
            }
            assertThat(service.manage("/readyz").body()).contains("answered with rows that were not asked for");
            assertThat(servers.redisCommands().keys("user:[^#]*")).isEmpty();
            assertThat(servers.redisCommands().keys("absent:*")).isEmpty();

            mixing().mixUp("");
            // Each loop by itself, after a pause.
            await().untilAsserted(() -> assertServed(service, "app://"));
        }
    }

    private PostgresPooler mixing() {
        return (PostgresPooler) pooler;
    }

    /** A pooler's statements are its clients' affair, and cost planning; without a pooler nothing changes. */
    @ParameterizedTest
    @CsvSource({"auto, 1", "none, 1", "transaction, 0"})
    void lookups_withoutAPooler_usePreparedStatements(String said, String statements) {
        countStatements();
        try (TestService service = TestService.start(servers, "PG_POOLER", said)) {
            assertThat(promo(service, "user1")).isEqualTo(statements);
            assertThat(promo(service, "user2")).isEqualTo(statements);
        } finally {
            countStatementsNoMore();
        }
    }

    @ParameterizedTest
    @CsvSource({"TRANSACTION, auto, 0", "SESSION, auto, 0", "SESSION, session, 1", "PGBOUNCER_SESSION, session, 1"})
    void lookups_throughAPooler_usePreparedStatementsOnlyIfSaidToKeepSessions(
            Front front, String said, String statements) {
        countStatements();
        start(front);
        try (TestService service = service("PG_POOLER", said)) {
            assertThat(promo(service, "user1")).isEqualTo(statements);
            assertThat(promo(service, "user2")).isEqualTo(statements);
        } finally {
            countStatementsNoMore();
        }
    }

    private void countStatements() {
        servers.sql(
                "ALTER TABLE users RENAME TO all_users; CREATE VIEW users AS SELECT user_id, deeplink,"
                        + " (SELECT count(*) FROM pg_prepared_statements WHERE promo_message <> '')::text AS promo_message FROM all_users");
    }

    private void countStatementsNoMore() {
        servers.sql("DROP VIEW users; ALTER TABLE all_users RENAME TO users");
    }

    @ParameterizedTest
    @EnumSource
    void lookup_inTheWayOfALock_isCancelledAndHarmsNobody(Front front) {
        start(front);
        try (TestService service = service("REQUEST_TIMEOUT_MS", "300")) {
            assertThat(service.lookup("user1").status()).isEqualTo(200);
            try (TableLock _ = TableLock.take(servers)) {
                assertThat(service.lookup("user2").status()).isEqualTo(500);
                await().until(() -> servers.queryLong(
                                "SELECT count(*) FROM pg_stat_activity WHERE usename = 'api'" + " AND state = 'active'")
                        == 0);
            }
            await().untilAsserted(
                            () -> assertThat(service.lookup("user2").status()).isEqualTo(200));
        }
    }

    /** The pooler passes on no such parameter. */
    @ParameterizedTest
    @EnumSource
    void lookups_searchPathOfTheUrl_isThatOfTheQueries(Front front) {
        start(front);
        makeSchema("tenant");
        for (String parameters : List.of("&search_path=tenant", "&options=-c%20search_path%3Dtenant")) {
            servers.redisCommands().flushall();
            try (TestService service = service("DATABASE_URL", url(parameters))) {
                assertServed(service, "tenant://");
            }
        }
    }

    @ParameterizedTest
    @EnumSource
    void lookups_neighbourSetsItsSearchPath_ourTableIsThatOfTheRole(Front front) {
        start(front);
        makeSchema("other");
        neighbour("SET search_path = other");
        try (TestService service = service()) {
            assertServed(service, "app://");
            neighbour("SET search_path = other");
            servers.redisCommands().flushall();
            assertServed(service, "app://");
            assertThat(service.manage("/readyz").body()).doesNotContain("postgres");
        }
    }

    /** To the service it looks like a session of its own, each time. */
    @Test
    void lookups_neighbourSetsThePathOfTheOneSessionThatIsNamed_ourTableIsThatOfTheRole() {
        servers.sql("CREATE ROLE api LOGIN; GRANT SELECT ON users TO api");
        makeSchema("other");
        PostgresPooler started =
                PostgresPooler.start(servers.postgres().port(), PostgresPooler.Mode.TRANSACTION_OF_ONE_NAMED, 1);
        pooler = started;
        port = started.port();
        neighbour("SET search_path = other");
        try (TestService service = service()) {
            assertServed(service, "app://");
        }
    }

    @ParameterizedTest
    @CsvSource({"none, other://", "session, other://", "auto, app://"})
    void lookups_loginTriggerSetsTheSearchPath_countsWhereNoPoolerMayHave(String said, String scheme) {
        servers.sql("CREATE ROLE api LOGIN; GRANT SELECT ON users TO api");
        makeSchema("other");
        servers.sql("CREATE FUNCTION sets_path() RETURNS event_trigger LANGUAGE plpgsql AS"
                + " $$ BEGIN IF session_user = 'api' THEN SET search_path = other; END IF; END $$;"
                + " CREATE EVENT TRIGGER sets_path ON login EXECUTE FUNCTION sets_path()");
        port = servers.postgres().port();
        try (TestService service = service("PG_POOLER", said)) {
            assertServed(service, scheme);
        } finally {
            servers.sql("DROP EVENT TRIGGER sets_path; DROP FUNCTION sets_path()");
        }
    }

    private void makeSchema(String name) {
        servers.sql("CREATE SCHEMA " + name + "; CREATE TABLE " + name + ".users AS SELECT user_id, '" + name
                + "://' || substr(user_id, 5) AS deeplink, promo_message FROM users; GRANT USAGE ON SCHEMA " + name
                + " TO api; GRANT SELECT ON " + name + ".users TO api");
    }

    @Test
    void changeFeed_throughAPooler_isRefusedAndFollowsPostgresItself() {
        start(Front.TRANSACTION);
        String direct = servers.postgres().databaseUrl();
        try (TestService service = service("CHANGE_FEED", "auto", "CHANGE_FEED_SLOT", "behind_pooler")) {
            await().untilAsserted(() -> assertThat(service.manage("/readyz").body())
                    .contains("set CHANGE_FEED_DATABASE_URL to PostgreSQL itself"));
        }
        neighbour("SET search_path = pg_temp");
        try (TestService service = service(
                "CHANGE_FEED",
                "on",
                "CHANGE_FEED_SLOT",
                "behind_pooler",
                "CHANGE_FEED_DATABASE_URL",
                direct,
                "VERIFY_USERS_PER_SECOND",
                "1000")) {
            await().untilAsserted(
                            () -> assertThat(service.manage("/readyz").body()).doesNotContain("change"));
            assertThat(service.lookup("user1").body()).contains("app://1");
            await().until(() -> !servers.cached("user1").isEmpty());
            servers.put("user1", "app://changed", "promo");
            await().untilAsserted(
                            () -> assertThat(service.lookup("user1").body()).contains("app://changed"));
            await().until(() -> service.metric("hotcold_verification_compared_total") > 0);
            assertThat(service.metric("hotcold_verification_stale_total")).isZero();
        } finally {
            await().ignoreExceptions().until(() -> {
                servers.sql("SELECT pg_drop_replication_slot('behind_pooler')");
                return true;
            });
            servers.sql("DROP PUBLICATION IF EXISTS behind_pooler");
        }
    }

    @ParameterizedTest
    @EnumSource
    void migrate_throughAPooler_onlyIfItKeepsSessions(Front front) {
        start(front);
        servers.sql("CREATE DATABASE empty");
        try {
            String url = url("").replace("//api@", "//postgres@").replace("/postgres?", "/empty?");
            Program.Ended ended = Program.run(environment(url), "migrate");
            if (front.keepsSessions()) {
                assertThat(ended.exitCode()).as(ended.err()).isZero();
                assertThat(ended.out()).contains("2 migration(s) applied");
                return;
            }
            assertThat(ended.exitCode()).isEqualTo(1);
            assertThat(ended.err()).contains("set DATABASE_URL to PostgreSQL itself for `hotcold migrate`");

            String direct = servers.postgres().databaseUrl().replace("/postgres?", "/empty?");
            assertThat(Program.run(environment(direct), "migrate").exitCode()).isZero();

            Program.Ended again = Program.run(environment(url), "migrate");
            assertThat(again.exitCode()).isEqualTo(3);
            assertThat(again.err()).contains("nothing migrated", "the table \"users\" that is there is used as it is");
            assertThat(Program.run(environment(url), "migrate", "--allow-incomplete")
                            .exitCode())
                    .isZero();
        } finally {
            stopPooler();
            servers.sql("DROP DATABASE empty WITH (FORCE)");
        }
    }

    private Map<String, String> environment(String url) {
        Map<String, String> environment = servers.environment();
        environment.put("DATABASE_URL", url);
        environment.put("CHANGE_FEED", "off");
        return environment;
    }

    private void stopPooler() {
        try {
            pooler.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
        pooler = () -> {};
    }

    /** All at the same moment, and twice: from PostgreSQL, and from Redis. */
    private void assertServed(TestService service, String scheme) {
        for (int round = 0; round < 2; round++) {
            StringBuilder requests = new StringBuilder();
            IntStream.rangeClosed(1, USERS)
                    .forEach(i -> requests.append("GET /v1/users?user_id=user")
                            .append(i)
                            .append(" HTTP/1.1\r\nHost: localhost\r\n\r\n"));
            try (RawClient client = RawClient.connect(service.port())) {
                client.send(requests.toString());
                for (int i = 1; i <= USERS; i++) {
                    Response response = client.readResponse();
                    assertThat(response.status()).as(response.body()).isEqualTo(200);
                    JsonObject user = new JsonObject(response.body());
                    assertThat(user.getString("user_id")).isEqualTo("user" + i);
                    assertThat(user.getString("deeplink")).isEqualTo(scheme + i);
                    assertThat(user.getString("promo_message")).isEqualTo("promo " + i);
                }
            }
        }
        // One after the other, so that each is a query of its own.
        for (int i = 1; i <= 2 * SESSIONS; i++) {
            servers.redisCommands().del("user:user" + i);
            assertThat(service.lookup("user" + i).body()).contains(scheme + i);
        }
    }

    private static String promo(TestService service, String id) {
        return new JsonObject(service.lookup(id).body()).getString("promo_message");
    }
}
