package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hotcold.app.jdbc.Migrations;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.config.ConfigLoader;
import dev.hotcold.config.Loaded;
import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What DATABASE_URL says of the session reaches PostgreSQL through both drivers, over TCP and over a unix socket. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PostgresSessionIT {

    private static final String TENANT = "options=-c%20search_path%3Dtenant";

    private static Path sockets;
    private static Servers servers;

    @BeforeAll
    static void start() throws IOException {
        // Not below the project: the path of a socket may have 107 bytes.
        sockets = Files.createTempDirectory("pg");
        Files.setPosixFilePermissions(sockets, PosixFilePermissions.fromString("rwxrwxrwx"));
        servers = Servers.start("unix_socket_directories=" + sockets);
        servers.sql("CREATE SCHEMA tenant; CREATE TABLE tenant.users (LIKE public.users INCLUDING ALL);"
                + " INSERT INTO tenant.users VALUES ('alice', 'app://tenant', 'Hi')");
    }

    @AfterAll
    static void stop() throws IOException {
        servers.close();
        Files.delete(sockets);
    }

    @BeforeEach
    void putAlice() {
        servers.reset();
        servers.put("alice", "app://public", "Hi");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                TENANT,
                "options=-csearch_path=tenant",
                "options=--search-path=tenant%20-c%20statement_timeout%3D20s",
                "options=-c%20statement_timeout%3D20s%20-c%20search_path%3Dtenant,public",
                "search_path=tenant",
                "search_path=tenant,public"
            })
    void searchPath_bothDrivers_readTheSchemaOfTheTenant(String parameters) throws SQLException {
        try (TestService service = TestService.start(servers, "DATABASE_URL", tcp(parameters))) {

            assertThat(service.lookup("alice").body()).contains("app://tenant");
        }
        PostgresJdbc jdbc = new PostgresJdbc(settings(tcp(parameters)));
        assertThat(text(jdbc.connect(), "SELECT deeplink FROM users")).isEqualTo("app://tenant");
        assertThat(text(jdbc.connectForReplication(), "SHOW search_path")).startsWith("tenant");
        assertThat(text(jdbc.connectForReplication(), "SHOW wal_sender_timeout"))
                .isEqualTo("3s");
    }

    @ParameterizedTest
    @CsvSource({
        "application_name=billing, billing",
        "fallback_application_name=billing, billing",
        "application_name=billing%2Beu&fallback_application_name=other, billing+eu",
        "application_name=a+b, a+b",
        "sslmode=disable, hotcold-user-api",
    })
    void applicationName_bothDrivers_isShown(String parameters, String name) throws SQLException {
        try (TestService service = TestService.start(servers, "DATABASE_URL", tcp(parameters))) {
            service.lookup("alice");

            assertThat(servers.queryStrings("SELECT DISTINCT application_name FROM pg_stat_activity"
                            + " WHERE query LIKE '%users WHERE user_id = ANY%' AND pid <> pg_backend_pid()"))
                    .containsExactly(name);
        }
        PostgresJdbc jdbc = new PostgresJdbc(settings(tcp(parameters)));
        assertThat(text(jdbc.connect(), "SHOW application_name")).isEqualTo(name);
        assertThat(text(jdbc.connectForReplication(), "SHOW application_name")).isEqualTo(name);
    }

    @Test
    void parametersInPlaceOfParts_bothDrivers_areLoggedInWith() {
        String url = "postgres:///?host=127.0.0.1&port=" + servers.postgres().port() + "&user=postgres&dbname=postgres"
                + "&password=x&keepalives=1&keepalives_idle=30&keepalives_interval=10&keepalives_count=3"
                + "&connect_timeout=10&client_encoding=UTF8&target_session_attrs=any";
        Map<String, String> environment = new HashMap<>(servers.environment());
        environment.put("DATABASE_URL", url);
        environment.put("CHANGE_FEED", "on");

        assertEverythingWorks(environment);
    }

    @Test
    void unixSocket_everything_works() {
        Map<String, String> environment = new HashMap<>(servers.environment());
        environment.put("DATABASE_URL", unix(""));
        environment.put("CHANGE_FEED", "on");

        assertEverythingWorks(environment);
        assertThat(servers.queryLong("SELECT count(*) FROM pg_stat_activity WHERE client_addr IS NOT NULL"
                        + " AND application_name = 'hotcold-user-api'"))
                .isZero();
    }

    /** As in libpq, there is nothing to encrypt on a unix socket. */
    @ParameterizedTest
    @ValueSource(strings = {"", "&sslmode=prefer", "&sslmode=require", "&sslmode=verify-full", "&" + TENANT})
    void unixSocket_bothDrivers_connect(String parameters) throws SQLException {
        String deeplink = parameters.contains("tenant") ? "app://tenant" : "app://public";
        for (String url : new String[] {unix(parameters), encodedUnix(parameters)}) {
            servers.redisCommands().flushall();
            try (TestService service = TestService.start(servers, "DATABASE_URL", url)) {

                assertThat(service.lookup("alice").body()).contains(deeplink);
            }
            assertThat(text(new PostgresJdbc(settings(url)).connect(), "SELECT deeplink FROM users"))
                    .isEqualTo(deeplink);
        }
    }

    @Test
    void unixSocket_nobodyListens_bothDriversSayWhere() throws Exception {
        String url = "postgres://postgres@/postgres?host=" + sockets + "&port=1";
        try (TestService service = TestService.start(servers, "DATABASE_URL", url)) {

            assertThat(service.lookup("alice").status()).isEqualTo(500);
            assertThat(service.manage("/readyz").body()).contains(sockets + "/.s.PGSQL.1");
        }
        assertThatThrownBy(() -> Migrations.apply(settings(url))).hasMessageContaining(sockets.toString());
    }

    /** A thread that waits for such a server would wait for ever. */
    @Test
    void unixSocket_serverSaysNothing_theAttemptEnds() throws IOException {
        Path file = sockets.resolve(".s.PGSQL.2");
        try (ServerSocketChannel silent = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            silent.bind(UnixDomainSocketAddress.of(file));
            PostgresSettings settings =
                    settings("postgres://postgres@/postgres?connect_timeout=1&port=2&host=" + sockets);

            assertThatThrownBy(() -> new PostgresJdbc(settings).connect()).isInstanceOf(SQLException.class);
        } finally {
            Files.delete(file);
        }
    }

    /** More than the buffers of a socket, in both directions. */
    @Test
    void unixSocket_longTexts_arrive() throws SQLException {
        String sent = "x".repeat(3_000_000);
        try (Connection connection = new PostgresJdbc(settings(unix(""))).connect();
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT '" + sent + "' || 'y'")) {
            rows.next();

            assertThat(rows.getString(1)).isEqualTo(sent + "y");
        }
    }

    private static void assertEverythingWorks(Map<String, String> environment) {
        Program.Ended migrated = Program.run(environment, "migrate");
        assertThat(migrated.err()).doesNotContain("error: ");
        assertThat(migrated.exitCode()).isZero();
        try (TestService service = TestService.start(environment)) {
            Feeds.awaitOwner(service);
            assertThat(service.lookup("alice").body()).contains("app://public");
            // A lookup that gets no lease within its budget, as beside other work, stores nothing.
            await().until(() -> {
                service.lookup("alice");
                return !servers.cached("alice").isEmpty();
            });
            servers.put("alice", "app://changed", "Hi");
            Feeds.awaitApplied(servers);
            assertThat(service.lookup("alice").body()).contains("app://changed");
            Program.Ended verified = Program.run(environment, "verify");
            assertThat(verified.err()).isEmpty();
            assertThat(verified.exitCode()).isZero();
        }
    }

    private static String tcp(String parameters) {
        return "postgres://postgres@127.0.0.1:" + servers.postgres().port() + "/postgres?" + parameters;
    }

    private static String unix(String parameters) {
        return "postgres://postgres@/postgres?host=" + sockets + "&port="
                + servers.postgres().port() + parameters;
    }

    private static String encodedUnix(String parameters) {
        return "postgres://postgres@" + sockets.toString().replace("/", "%2F") + ":"
                + servers.postgres().port() + "/postgres?" + parameters.replaceFirst("&", "");
    }

    private static PostgresSettings settings(String url) {
        Loaded loaded = ConfigLoader.load(Map.of("DATABASE_URL", url));
        assertThat(loaded).isInstanceOf(Loaded.Valid.class);
        return ((Loaded.Valid) loaded).config().stores().postgres();
    }

    /** The first column of the first row; closes the connection. */
    private static String text(Connection connection, String query) throws SQLException {
        try (connection;
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery(query)) {
            rows.next();
            return rows.getString(1);
        }
    }
}
