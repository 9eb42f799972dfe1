package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.PostgresAdmin;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.netty.pkitesting.X509Bundle;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * Encrypted connections whose authority nothing names: rediss:// in REDIS_ADDR, and a verifying sslmode without
 * sslrootcert. They trust whom the JDK trusts. The servers' certificate is for {@code localhost}.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@ExtendWith(RealServers.class)
class TrustOfTheJdkIT {

    private static final Authority AUTHORITY = Authority.named("The authority");
    private static final char[] PASSWORD = "changeit".toCharArray();

    @TempDir
    private static Path directory;

    private static Servers servers;
    private static FaultProxy redis;

    @BeforeAll
    static void switchTlsOn(Servers own) {
        X509Bundle certificate = AUTHORITY.issue("localhost");
        servers = own;
        servers.put("alice", "app://alice", "Hi");
        PostgresAdmin admin = new PostgresAdmin(servers);
        admin.writeFile("server.crt", certificate.getCertificatePathPEM());
        admin.writeFile("server.key", certificate.getPrivateKeyPEM());
        servers.sql("ALTER SYSTEM SET ssl = on");
        admin.reload();
        redis = FaultProxy.tls(AUTHORITY.trusting(certificate), servers.redis().port());
    }

    @AfterAll
    static void stopProxy() {
        redis.close();
    }

    @Test
    void authorityTheJdkTrusts_bothServers_areUsed() throws Exception {
        List<String> trust = List.of(
                "-Djavax.net.ssl.trustStore=" + trustStore(),
                "-Djavax.net.ssl.trustStorePassword=" + new String(PASSWORD));
        try (Program program = Program.start(trust, environment("localhost"));
                RawClient client = RawClient.connect(program.awaitPort())) {
            client.lookup("alice");

            await().until(() -> client.lookup("alice").header("Cache-Status").equals("redis; hit"));

            assertThat(servers.cached("alice")).contains("app://alice");
        }
    }

    @Test
    void nameNotInTheCertificate_bothServers_areRefused() throws Exception {
        List<String> trust = List.of(
                "-Djavax.net.ssl.trustStore=" + trustStore(),
                "-Djavax.net.ssl.trustStorePassword=" + new String(PASSWORD));
        try (Program program = Program.start(trust, environment("127.0.0.1"));
                RawClient client = RawClient.connect(program.awaitPort())) {

            assertThat(client.lookup("bob").status()).isEqualTo(500);

            program.terminate();
            assertThat(program.awaitEnd().err())
                    .contains(
                            "Redis is degraded: cannot connect",
                            "PostgreSQL is degraded: the certificate is not for 127.0.0.1");
        }
    }

    @Test
    void authorityTheJdkDoesNotTrust_redis_isNotUsed() {
        try (TestService service = TestService.start(
                servers, "REDIS_ADDR", "rediss://localhost:" + redis.port(), "REDIS_DIAL_TIMEOUT_MS", "5000")) {

            assertThat(service.lookup("alice").header("Cache-Status")).isEqualTo("redis; fwd=miss; detail=unreachable");
            assertThat(service.manage("/readyz").body())
                    .contains("the certificate of localhost is not trusted", "REDIS_TLS_CA_FILE");
        }
    }

    @Test
    void migrate_authorityTheJdkTrusts_isUsed() throws Exception {
        List<String> trust = List.of(
                "-Djavax.net.ssl.trustStore=" + trustStore(),
                "-Djavax.net.ssl.trustStorePassword=" + new String(PASSWORD));
        try (Program program = Program.start(trust, environment("localhost"), "migrate")) {
            Program.Ended ended = program.awaitEnd();

            assertThat(ended.err()).doesNotContain("error: ");
            assertThat(ended.exitCode()).isZero();
        }
    }

    private static Map<String, String> environment(String host) {
        return Map.of(
                "REDIS_ADDR", "rediss://" + host + ":" + redis.port(),
                "REDIS_DIAL_TIMEOUT_MS", "5000",
                "DATABASE_URL",
                        "postgres://postgres@" + host + ":" + servers.postgres().port()
                                + "/postgres?sslmode=verify-full",
                "PORT", "0",
                "MANAGEMENT_PORT", "0");
    }

    private static Path trustStore() throws Exception {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, PASSWORD);
        store.setCertificateEntry("authority", AUTHORITY.certificate());
        Path file = directory.resolve("trust.p12");
        try (OutputStream out = Files.newOutputStream(file)) {
            store.store(out, PASSWORD);
        }
        return file;
    }
}
