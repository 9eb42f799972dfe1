package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.PostgresAdmin;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TableLock;
import dev.hotcold.testkit.TestService;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Each setting of the PostgreSQL connections has its effect, as PostgreSQL itself tells. Services that run side by side
 * log in as roles of their own, by which PostgreSQL tells their connections apart.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@ExtendWith(RealServers.class)
class PostgresSettingsIT {

    private static Servers servers;
    private static PostgresAdmin admin;

    @BeforeAll
    static void take(Servers own) {
        servers = own;
        admin = new PostgresAdmin(servers);
    }

    @BeforeEach
    void putAlice() {
        servers.reset();
        servers.put("alice", "app://alice", "Hi");
    }

    @Test
    void databaseUrl_percentEncodedParts_areLoggedInWith() {
        servers.sql("CREATE ROLE \"app user@x\" LOGIN PASSWORD 'p@ss:w/rd%?#é'");
        servers.sql("GRANT SELECT ON users TO \"app user@x\"");
        admin.writeFile("pg_hba.conf", """
                host all "app user@x" 127.0.0.1/32 scram-sha-256
                host all all 127.0.0.1/32 trust
                """);
        admin.reload();
        String form = "postgresql://app%%20user%%40x:%s@127.0.0.1:"
                + servers.postgres().port() + "/postgres";
        try (TestService right = start(form.formatted("p%40ss%3Aw%2Frd%25%3F%23%C3%A9"));
                TestService wrong = start(form.formatted("p%40ss"))) {

            assertThat(wrong.lookup("alice").status()).isEqualTo(500);
            assertThat(wrong.manage("/readyz").body()).contains("password authentication failed");
            assertThat(right.lookup("alice").status()).isEqualTo(200);
            assertThat(admin.backends("app user@x")).isNotEmpty();
        }
    }

    @Test
    void databaseUrl_databaseName_isTheOneRead() throws SQLException {
        servers.sql("CREATE DATABASE \"other/users\" TEMPLATE postgres");
        String url = "postgres://postgres@localhost:" + servers.postgres().port() + "/";
        String jdbc = "jdbc:postgresql://127.0.0.1:" + servers.postgres().port() + "/other%2Fusers?user=postgres";
        try (Connection connection = DriverManager.getConnection(jdbc);
                Statement statement = connection.createStatement()) {
            statement.execute("INSERT INTO users VALUES ('carol', 'app://carol', 'Hi')");
        }
        try (TestService service = start(url + "postgres");
                TestService other = start(url + "other%2Fusers")) {

            assertThat(service.lookup("carol").status()).isEqualTo(404);
            assertThat(other.lookup("carol").status()).isEqualTo(200);
        }
    }

    @Test
    void maxConns_manyMissesAtOnce_isTheBoundOverAllLoops() {
        String narrowUrl = admin.reader("narrow");
        String wideUrl = admin.reader("wide");
        try (TestService narrow = start(narrowUrl, "PG_MAX_CONNS", "2", "REQUEST_TIMEOUT_MS", "30000");
                TestService wide = start(wideUrl, "PG_MAX_CONNS", "24", "REQUEST_TIMEOUT_MS", "30000")) {
            List<RawClient> narrowClients = clients(narrow, 24);
            List<RawClient> wideClients = clients(wide, 24);
            try (var _ = TableLock.take(servers)) {
                for (int i = 0; i < 24; i++) {
                    narrowClients.get(i).send(RawClient.request("n" + i));
                    wideClients.get(i).send(RawClient.request("w" + i));
                    assertThat(admin.backends("narrow")).hasSizeLessThanOrEqualTo(2);
                }
                await().until(() -> admin.backends("wide").size() > 2);
                await().until(() -> admin.backends("narrow").size() == 2);
            }
            assertThat(narrowClients).allMatch(client -> client.readResponse().status() == 404);
            assertThat(wideClients).allMatch(client -> client.readResponse().status() == 404);
            assertThat(admin.backends("narrow")).hasSize(2);
            assertThat(admin.backends("wide")).hasSizeLessThanOrEqualTo(24);
            narrowClients.forEach(RawClient::close);
            wideClients.forEach(RawClient::close);
        }
    }

    @Test
    void healthcheckPeriod_withoutTraffic_isHowSoonATroubleIsNoticed() {
        try (TestService often = start(admin.reader("often"), "PG_HEALTHCHECK_PERIOD_SEC", "1");
                TestService seldom = start(admin.reader("seldom"), "PG_HEALTHCHECK_PERIOD_SEC", "3600")) {
            servers.sql("REVOKE SELECT ON users FROM often, seldom");

            await().atMost(Duration.ofSeconds(20))
                    .until(() -> often.manage("/readyz").body().contains("the role may not read the table"));

            assertThat(seldom.manage("/readyz").body()).contains("\"degraded\":{}");
            servers.sql("GRANT SELECT ON users TO often, seldom");
            await().atMost(Duration.ofSeconds(20))
                    .until(() -> often.manage("/readyz").body().contains("\"degraded\":{}"));
        }
    }

    @Test
    void maxConnIdleTime_connectionsNotNeeded_closeUnlessThereIsNoLimit() {
        int loops = Runtime.getRuntime().availableProcessors();
        String[] common = {"PG_HEALTHCHECK_PERIOD_SEC", "1", "REQUEST_TIMEOUT_MS", "30000"};
        try (TestService closing = start(admin.reader("closing"), with(common, "PG_MAX_CONN_IDLE_TIME_SEC", "2"));
                TestService keeping = start(admin.reader("keeping"), with(common, "PG_MAX_CONN_IDLE_TIME_SEC", "0"))) {
            openMany(closing, "closing");
            Set<Long> many = openMany(keeping, "keeping");

            await().atMost(Duration.ofSeconds(20))
                    .until(() -> admin.backends("closing").size() <= loops);

            assertThat(admin.backends("keeping")).containsAll(many);
            assertThat(closing.lookup("alice").status()).isEqualTo(200);
        }
    }

    @Test
    void maxConnLifetime_oldConnections_areReplacedUnlessThereIsNoLimit() {
        String[] often = {"PG_HEALTHCHECK_PERIOD_SEC", "1"};
        try (TestService renewing = start(admin.reader("renewing"), with(often, "PG_MAX_CONN_LIFETIME_SEC", "1"));
                TestService lasting = start(admin.reader("lasting"), with(often, "PG_MAX_CONN_LIFETIME_SEC", "0"))) {
            Set<Long> renewed = admin.backends("renewing");
            Set<Long> lasted = admin.backends("lasting");
            assertThat(renewed).isNotEmpty();

            await().atMost(Duration.ofSeconds(20)).until(() -> {
                Set<Long> now = admin.backends("renewing");
                return !now.isEmpty() && now.stream().noneMatch(renewed::contains);
            });

            assertThat(admin.backends("lasting")).isEqualTo(lasted);
            assertThat(renewing.lookup("alice").status()).isEqualTo(200);
            assertThat(lasting.lookup("alice").status()).isEqualTo(200);
        }
    }

    /** Makes a service open more connections than it has loops. @return those that are open */
    private static Set<Long> openMany(TestService service, String role) {
        int loops = Runtime.getRuntime().availableProcessors();
        List<RawClient> clients = new ArrayList<>();
        try (var _ = TableLock.take(servers)) {
            // One after another: those that arrive in one turn share a query.
            await().until(() -> {
                RawClient client = RawClient.connect(service.port());
                clients.add(client.send(RawClient.request(role + clients.size())));
                return admin.backends(role).size() > loops;
            });
        }
        assertThat(clients).allMatch(client -> client.readResponse().status() == 404);
        clients.forEach(RawClient::close);
        return admin.backends(role);
    }

    /** Connections that the service has accepted, on all its loops. */
    private static List<RawClient> clients(TestService service, int number) {
        return IntStream.range(0, number)
                .mapToObj(i -> RawClient.connect(service.port()))
                .peek(client -> client.lookup("not%20an%20id"))
                .toList();
    }

    private static TestService start(String databaseUrl, String... settings) {
        return TestService.start(servers, new String[] {"DATABASE_URL", databaseUrl}, settings);
    }

    private static String[] with(String[] settings, String... more) {
        return Stream.concat(Arrays.stream(settings), Arrays.stream(more)).toArray(String[]::new);
    }
}
