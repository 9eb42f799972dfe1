package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.app.jdbc.MigrationException;
import dev.hotcold.app.jdbc.Migrations;
import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.cold.driver.PgConnector;
import dev.hotcold.cold.pool.PostgresConnection;
import dev.hotcold.cold.server.Placement;
import dev.hotcold.cold.server.TargetSession;
import dev.hotcold.config.ConfigLoader;
import dev.hotcold.config.Loaded;
import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.LoggedWarnings;
import dev.hotcold.testkit.Names;
import dev.hotcold.testkit.PostgresAdmin;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.netty.pkitesting.X509Bundle;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Whatever DATABASE_URL says of encryption, all that connect do the same, and the same as libpq: lookups through one driver; the
 * change feed, its replication, the comparison with Redis and migrations through the other. The server's certificate is for
 * {@code localhost} and {@code my_db}, but not for {@code 127.0.0.1}, and of an authority that the JDK does not know.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@ExtendWith(RealServers.class)
class PostgresTrustIT {

    private static final String PLAIN = "plain";
    private static final String TLS = "TLS";
    private static final String HOSTS = "127.0.0.1 localhost\n127.0.0.1 my_db\n127.0.0.1 other_db\n";

    /** Opens one of the connections that go through pgjdbc. */
    @FunctionalInterface
    private interface Opener {
        Connection open() throws SQLException;
    }

    @TempDir
    private static Path directory;

    private static Servers servers;
    private static PostgresAdmin admin;
    private static Vertx vertx;

    @BeforeAll
    static void switchTlsOn(Servers own) throws IOException {
        servers = own;
        admin = new PostgresAdmin(servers);
        vertx = Vertx.vertx();
        Files.writeString(directory.resolve("hosts"), HOSTS);
        Authority authority = Authority.named("The authority");
        X509Bundle server = authority.issue("localhost", "my_db");
        authority.writeTo(directory.resolve("ca.pem"));
        Authority.named("Another authority").writeTo(directory.resolve("other.pem"));
        X509Bundle shown = authority.issue("shown");
        Authority.write(directory.resolve("shown.pem"), shown.getCertificatePathPEM());
        secret("shown.key", shown.getPrivateKeyPEM());
        admin.writeFile("server.crt", server.getCertificatePathPEM());
        admin.writeFile("server.key", server.getPrivateKeyPEM());
        admin.writeFile("ca.crt", Files.readString(directory.resolve("ca.pem")));
        admin.writeFile("pg_hba.conf", """
                hostssl all encrypted 127.0.0.1/32 trust
                hostnossl all plain 127.0.0.1/32 trust
                hostssl all shown 127.0.0.1/32 cert
                hostssl all bound 127.0.0.1/32 scram-sha-256
                hostssl all digested 127.0.0.1/32 md5
                host all shown,encrypted,plain,bound 127.0.0.1/32 reject
                host all all 127.0.0.1/32 trust
                """);
        for (String role : new String[] {"anybody", "encrypted", "plain", "shown"}) {
            servers.sql("CREATE ROLE " + role + " SUPERUSER LOGIN");
        }
        servers.sql("CREATE ROLE bound SUPERUSER LOGIN PASSWORD 'pw'");
        servers.sql("SET password_encryption = 'md5'; CREATE ROLE digested SUPERUSER LOGIN PASSWORD 'pw'");
        servers.sql("ALTER SYSTEM SET ssl_ca_file = 'ca.crt'");
        servers.sql("ALTER SYSTEM SET ssl = on");
        admin.reload();
    }

    @AfterAll
    static void stopLoops() {
        vertx.close().await();
    }

    @ParameterizedTest
    @CsvSource({
        "anybody, localhost, '', TLS",
        "anybody, localhost, sslmode=disable, plain",
        "anybody, localhost, sslmode=allow, plain",
        "anybody, localhost, sslmode=prefer, TLS",
        "anybody, localhost, sslmode=require, TLS",
        "anybody, 127.0.0.1, sslmode=require, TLS",
        "anybody, localhost, sslmode=require&sslrootcert=ca.pem, TLS",
        "anybody, 127.0.0.1, sslmode=require&sslrootcert=ca.pem, TLS",
        "anybody, localhost, sslmode=prefer&sslrootcert=ca.pem, TLS",
        // As in libpq: what it prefers is encryption with somebody it trusts.
        "anybody, localhost, sslmode=prefer&sslrootcert=other.pem, plain",
        "anybody, localhost, sslmode=allow&sslrootcert=other.pem, plain",
        "anybody, localhost, sslmode=disable&sslrootcert=other.pem, plain",
        "anybody, localhost, sslmode=verify-ca&sslrootcert=ca.pem, TLS",
        "anybody, 127.0.0.1, sslmode=verify-ca&sslrootcert=ca.pem, TLS",
        "anybody, localhost, sslmode=verify-full&sslrootcert=ca.pem, TLS",
        "anybody, localhost, ssl=true, TLS",
        "anybody, localhost, sslmode=require&ssl_max_protocol_version=TLSv1.2, TLS",
        "anybody, localhost, sslmode=require&ssl_min_protocol_version=TLSv1.3, TLS",
        // Nobody has to ask for it.
        "anybody, localhost, sslmode=require&sslcert=shown.pem&sslkey=shown.key, TLS",
        "encrypted, localhost, sslmode=allow, TLS",
        "encrypted, localhost, sslmode=prefer, TLS",
        "plain, localhost, sslmode=prefer, plain",
        "plain, localhost, sslmode=prefer&sslrootcert=ca.pem, plain",
        "shown, localhost, sslmode=require&sslcert=shown.pem&sslkey=shown.key, TLS",
        "shown, localhost, sslmode=verify-full&sslrootcert=ca.pem&sslcert=shown.pem&sslkey=shown.key, TLS",
        "bound:pw, localhost, sslmode=require&channel_binding=require, TLS",
        "bound:pw, localhost, sslmode=prefer&channel_binding=disable, TLS",
        "digested:pw, localhost, sslmode=require, TLS",
    })
    void connections_accepted_areEncryptedAlike(String user, String host, String parameters, String expected) {
        PostgresSettings settings = settings(user, host, parameters);

        assertThat(lookup(settings)).as("lookup").isEqualTo(expected);
        assertThat(feed(settings)).as("change feed, verification").isEqualTo(expected);
        assertThat(replication(settings)).as("replication").isEqualTo(expected);
        assertThat(migrate(settings)).as("migrate").isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "anybody, localhost, sslmode=require&sslrootcert=other.pem, 'the certificate of localhost is not trusted'",
        "anybody, localhost, sslmode=verify-ca&sslrootcert=other.pem, 'the certificate of localhost is not trusted'",
        "anybody, localhost, sslmode=verify-full&sslrootcert=other.pem, 'the certificate of localhost is not trusted'",
        "anybody, localhost, sslmode=verify-ca, 'is not trusted: name the file of its authority by sslrootcert in DATA'",
        "anybody, localhost, sslmode=verify-full, 'the certificate of localhost is not trusted'",
        "anybody, localhost, sslrootcert=system, 'the certificate of localhost is not trusted'",
        "anybody, 127.0.0.1, sslmode=verify-full&sslrootcert=ca.pem, 'the certificate is not for 127.0.0.1'",
        "plain, localhost, sslmode=require, 'rejects connection'",
        "encrypted, localhost, sslmode=disable, 'rejects connection'",
        // The authority first: what the server says of a connection without encryption is a lesser reason.
        "encrypted, localhost, sslmode=prefer&sslrootcert=other.pem, 'the certificate of localhost is not trusted'",
        "shown, localhost, sslmode=require, 'connection requires a valid client certificate'",
        "shown, localhost, sslmode=require&sslcertmode=disable&sslcert=shown.pem&sslkey=shown.key, 'a valid client cert'",
        "bound:wrong, localhost, sslmode=prefer, 'password authentication failed'",
        // They ask for no login, or for one that proves nothing.
        "anybody, localhost, sslmode=require&channel_binding=require, 'annel'",
        "digested:pw, localhost, sslmode=require&channel_binding=require, 'annel'",
    })
    void connections_refused_areAllRefusedForTheSameReason(String user, String host, String parameters, String why) {
        PostgresSettings settings = settings(user, host, parameters);

        assertThat(lookup(settings)).as("lookup").contains(why);
        assertThat(feed(settings)).as("change feed, verification").contains(why);
        assertThat(replication(settings)).as("replication").contains(why);
        assertThat(migrate(settings)).as("migrate").contains(why);
    }

    /** What Debian's packages set up: a certificate that nobody knows, and clients that do not care. */
    @ParameterizedTest
    @CsvSource({"prefer", "require"})
    void unknownAuthority_modeWithoutVerification_everythingWorks(String mode) {
        Map<String, String> environment = new HashMap<>(servers.environment());
        environment.put(
                "DATABASE_URL",
                "postgres://anybody@localhost:" + servers.postgres().port() + "/postgres?sslmode=" + mode);
        environment.put("CHANGE_FEED", "on");
        servers.put("alice", "app://alice", "Hi");

        assertThat(Program.run(environment, "migrate").exitCode()).isZero();
        try (TestService service = TestService.start(environment)) {
            assertThat(service.lookup("alice").status()).isEqualTo(200);
            Feeds.awaitOwner(service);
            Program.Ended verified = Program.run(environment, "verify");
            assertThat(verified.err()).isEmpty();
            assertThat(verified.exitCode()).isZero();
        }
    }

    @Test
    void changeFeedUrl_untrustedCertificate_isNamedByItsOwnSetting() {
        Map<String, String> environment = new HashMap<>(servers.environment());
        environment.put(
                "CHANGE_FEED_DATABASE_URL",
                "postgres://anybody@localhost:" + servers.postgres().port() + "/postgres?sslmode=require&sslrootcert="
                        + directory.resolve("other.pem"));
        try (TestService service = TestService.start(environment)) {
            await().untilAsserted(() -> assertThat(service.manage("/readyz").body())
                    .contains("name the file of its authority by sslrootcert in CHANGE_FEED_DATABASE_URL"));
        }
    }

    /** The files are read again when they change, without a restart. */
    @Test
    void authorityReplaced_nextConnection_trustsTheNewOne() throws IOException {
        Path file = directory.resolve("replaced.pem");
        Files.copy(directory.resolve("other.pem"), file);
        PostgresSettings settings = settings("anybody", "localhost", "sslmode=verify-full&sslrootcert=replaced.pem");
        PgConnector connector = connector(settings);
        assertThat(lookup(connector, settings)).contains("is not trusted");

        Authority.write(file, Files.readString(directory.resolve("ca.pem")));

        assertThat(lookup(connector, settings)).isEqualTo(TLS);
        assertThat(feed(settings)).isEqualTo(TLS);
    }

    /** To the JDK such a name is none. */
    @ParameterizedTest
    @CsvSource({"my_db, ''", "other_db, the certificate is not for other_db"})
    void host_nameWithUnderscore_isVerified(String host, String refusal) {
        PostgresSettings settings = settings("anybody", host, "sslmode=verify-full&sslrootcert=ca.pem");
        String url = "postgres://anybody@" + host + ":" + servers.postgres().port()
                + "/postgres?sslmode=verify-full&sslrootcert=" + directory.resolve("ca.pem");

        assertThat(lookup(settings)).contains(refusal.isEmpty() ? TLS : refusal);
        try (Program migrate = Program.start(
                List.of("-Djdk.net.hosts.file=" + directory.resolve("hosts")),
                Map.of("DATABASE_URL", url, "CHANGE_FEED", "off"),
                "migrate")) {
            Program.Ended ended = migrate.awaitEnd();
            assertThat(ended.err()).contains(refusal);
            assertThat(ended.exitCode()).isEqualTo(refusal.isEmpty() ? 0 : 1);
        }
    }

    /** A file that is being written, or a key that does not go with the certificate yet, interrupts nothing. */
    @ParameterizedTest
    @CsvSource({"prefer", "verify-full"})
    void fileBroken_nextConnections_goOnByTheLastGoodOne(String mode) throws IOException {
        Path file = directory.resolve("broken" + mode.length() + ".pem");
        Files.copy(directory.resolve("ca.pem"), file);
        PostgresSettings settings =
                settings("anybody", "localhost", "sslmode=" + mode + "&sslrootcert=" + file.getFileName());
        PgConnector connector = connector(settings);
        PostgresJdbc jdbc = new PostgresJdbc(settings);
        assertThat(lookup(connector, settings)).isEqualTo(TLS);

        Authority.write(file, "-----BEGIN CERTIFICATE-----\nMIIB");

        try (LoggedWarnings warnings = LoggedWarnings.begin()) {
            assertThat(lookup(connector, settings)).isEqualTo(TLS);
            assertThat(jdbc(jdbc::connect)).isEqualTo(TLS);
            assertThat(lookup(connector, settings)).isEqualTo(TLS);
            assertThat(warnings.lines())
                    .containsExactlyElementsOf(Collections.nCopies(
                            2,
                            "dev.hotcold.cold.trust.CurrentPolicy: Connections to PostgreSQL go on with the files read"
                                    + " before: sslrootcert in DATABASE_URL: " + file
                                    + " holds a certificate that is cut off: write the file again"));
        }

        Authority.write(file, Files.readString(directory.resolve("other.pem")));

        String then = mode.equals("prefer") ? PLAIN : "the certificate of localhost is not trusted";
        assertThat(lookup(connector, settings)).contains(then);
        assertThat(jdbc(jdbc::connect)).contains(then);
    }

    /** Not without encryption either, which the mode would allow. */
    @ParameterizedTest
    @CsvSource({
        "anybody, sslmode=prefer&sslrootcert=FILE, 'sslrootcert in DATABASE_URL: '",
        "encrypted, sslmode=allow&sslrootcert=FILE, 'sslrootcert in DATABASE_URL: '",
        "anybody, sslmode=prefer&sslcert=FILE&sslkey=shown.key, 'sslcert and sslkey in DATABASE_URL: '",
    })
    void fileBroken_beforeTheFirstConnection_isSaidByAll(String user, String parameters, String why)
            throws IOException {
        Path file = directory.resolve("first.pem");
        Authority.write(file, Files.readString(directory.resolve("shown.pem")));
        PostgresSettings settings = settings(user, "localhost", parameters.replace("FILE", "first.pem"));
        Authority.write(file, "");

        assertThat(lookup(settings)).contains(why + file + " holds no certificate in PEM form");
        assertThat(feed(settings)).contains(why + file + " holds no certificate in PEM form");
        assertThat(replication(settings)).contains(why + file + " holds no certificate in PEM form");
        assertThat(migrate(settings)).contains(why + file + " holds no certificate in PEM form");
    }

    private static void secret(String name, String key) throws IOException {
        Path file = directory.resolve(name);
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, key);
    }

    private static PostgresSettings settings(String user, String host, String parameters) {
        String files = parameters.replaceAll("=(\\w+\\.(?:pem|key))", "=" + directory + "/$1");
        Loaded loaded = ConfigLoader.load(Map.of(
                "DATABASE_URL",
                "postgres://" + user + "@" + host + ":" + servers.postgres().port() + "/postgres?connect_timeout=60&"
                        + files));
        assertThat(loaded).isInstanceOf(Loaded.Valid.class);
        return ((Loaded.Valid) loaded).config().stores().postgres();
    }

    private static PgConnector connector(PostgresSettings settings) {
        return new PgConnector(
                settings.endpoint(),
                settings.trust(),
                settings.pooler(),
                new Placement(TargetSession.ANY),
                Names.onLoopback(),
                vertx);
    }

    private static String lookup(PostgresSettings settings) {
        return lookup(connector(settings), settings);
    }

    private static String lookup(PgConnector connector, PostgresSettings settings) {
        String role = settings.endpoint().user();
        PostgresConnection connection;
        try {
            connection = connector.connect().await();
        } catch (Exception refused) {
            return String.valueOf(refused.getMessage());
        }
        String how = admin.encrypted(role) == 0 ? PLAIN : TLS;
        connection.close();
        await().until(() -> admin.backends(role).isEmpty());
        return how;
    }

    private static String feed(PostgresSettings settings) {
        return jdbc(new PostgresJdbc(settings)::connect);
    }

    private static String replication(PostgresSettings settings) {
        return jdbc(new PostgresJdbc(settings)::connectForReplication);
    }

    private static String jdbc(Opener opener) {
        try (Connection connection = opener.open();
                Statement statement = connection.createStatement();
                ResultSet rows =
                        statement.executeQuery("SELECT ssl::text FROM pg_stat_ssl WHERE pid = pg_backend_pid()")) {
            rows.next();
            return rows.getString(1).equals("true") ? TLS : PLAIN;
        } catch (SQLException refused) {
            return String.valueOf(refused.getMessage());
        }
    }

    /** Why it failed; "" = it did not. */
    private static String migrate(PostgresSettings settings) {
        try {
            Migrations.apply(settings);
            return "";
        } catch (MigrationException refused) {
            return String.valueOf(refused.getMessage());
        }
    }
}
