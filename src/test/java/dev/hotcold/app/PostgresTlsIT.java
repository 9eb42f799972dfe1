package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.config.ConfigLoader;
import dev.hotcold.config.Loaded;
import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.PostgresAdmin;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * DATABASE_URL's sslmode and sslrootcert against a server that offers TLS with a certificate for {@code localhost}, but
 * not for {@code 127.0.0.1}.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@ExtendWith(RealServers.class)
class PostgresTlsIT {

    private static final String UNTRUSTED =
            "the certificate of localhost is not trusted: name the file of its authority by sslrootcert in DATABASE_URL";

    @TempDir
    private static Path directory;

    private static Servers servers;
    private static PostgresAdmin admin;
    private static Path authority;
    private static Path otherAuthority;
    private static int roles;

    @BeforeAll
    static void switchTlsOn(Servers own) {
        servers = own;
        admin = new PostgresAdmin(servers);
        servers.put("alice", "app://alice", "Hi");
        Authority issuer = Authority.named("The authority");
        X509Bundle server = issuer.issue("localhost");
        authority = issuer.writeTo(directory.resolve("authority.pem"));
        otherAuthority = Authority.named("Another authority").writeTo(directory.resolve("other.pem"));
        admin.writeFile("server.crt", server.getCertificatePathPEM());
        admin.writeFile("server.key", server.getPrivateKeyPEM());
        switchTls("on");
    }

    @ParameterizedTest
    @CsvSource({
        "localhost, disable, false",
        "localhost, prefer, true",
        "localhost, require, true",
        "127.0.0.1, require, true",
    })
    void modeWithoutVerification_anyCertificate_encryptsAsAsked(String host, String mode, boolean encrypted) {
        assertServes(host, "sslmode=" + mode, encrypted);
    }

    @ParameterizedTest
    @CsvSource({"localhost, verify-ca", "127.0.0.1, verify-ca", "localhost, verify-full"})
    void modeWithVerification_certificateOfTheAuthority_isAccepted(String host, String mode) {
        assertServes(host, "sslmode=" + mode + "&sslrootcert=" + authority, true);
    }

    @ParameterizedTest
    @ValueSource(strings = {"verify-ca", "verify-full"})
    void modeWithVerification_otherAuthority_isRefused(String mode) {
        assertRefuses("localhost", "sslmode=" + mode + "&sslrootcert=" + otherAuthority, UNTRUSTED);
    }

    @ParameterizedTest
    @ValueSource(strings = {"verify-ca", "verify-full"})
    void modeWithVerification_noAuthorityGiven_trustsThoseOfTheJdkAlone(String mode) {
        assertRefuses("localhost", "sslmode=" + mode, UNTRUSTED);
    }

    /** Whoever opens it waits for its writer. */
    @Test
    void modeWithVerification_fileOfTheAuthorityIsAPipe_isRefusedAtTheStart() throws IOException, InterruptedException {
        Path pipe = directory.resolve("pipe");
        assertThat(new ProcessBuilder("mkfifo", pipe.toString()).start().waitFor())
                .isZero();

        Map<String, String> environment = servers.environment();
        environment.put("DATABASE_URL", url("postgres", "localhost", "sslmode=verify-full&sslrootcert=" + pipe));
        assertThat(ConfigLoader.load(environment))
                .isInstanceOfSatisfying(
                        Loaded.Invalid.class,
                        invalid -> assertThat(invalid.problems().getFirst().fix())
                                .contains(pipe + " is missing, or is not a regular file"));
    }

    @Test
    void verifyFull_certificateForAnotherName_isRefused() {
        assertRefuses(
                "127.0.0.1", "sslmode=verify-full&sslrootcert=" + authority, "the certificate is not for 127.0.0.1: ");
    }

    @Test
    void mode_serverWithoutTls_requireIsRefusedAndPreferIsPlain() {
        switchTls("off");
        try {
            assertServes("localhost", "sslmode=prefer", false);
            assertRefuses("localhost", "sslmode=require", "does not handle SSL");
        } finally {
            switchTls("on");
        }
    }

    @Test
    void prefer_serverWithoutTls_leavesNoConnectionOpenThatIsNotUsed() {
        switchTls("off");
        String role = newRole();
        try (FaultProxy proxy = FaultProxy.to(servers.postgres().port());
                TestService service = TestService.start(
                        servers, "DATABASE_URL", "postgres://" + role + "@" + proxy.address() + "/postgres")) {
            assertThat(service.lookup("alice").status()).isEqualTo(200);

            await().until(() -> proxy.open() == admin.backends(role).size());

            assertThat(proxy.accepted()).isGreaterThan(proxy.open());
        } finally {
            switchTls("on");
        }
    }

    private static void assertServes(String host, String parameters, boolean encrypted) {
        String role = newRole();
        try (TestService service = TestService.start(servers, "DATABASE_URL", url(role, host, parameters))) {

            assertThat(service.lookup("alice").status()).isEqualTo(200);
            assertThat(service.manage("/readyz").body()).contains("\"degraded\":{}");
            assertThat(admin.backends(role)).isNotEmpty();
            assertThat(admin.encrypted(role))
                    .isEqualTo(encrypted ? admin.backends(role).size() : 0);
        }
    }

    private static void assertRefuses(String host, String parameters, String why) {
        String role = newRole();
        servers.redisCommands().flushall();
        try (TestService service = TestService.start(servers, "DATABASE_URL", url(role, host, parameters))) {

            assertThat(service.lookup("alice").status()).isEqualTo(500);
            assertThat(service.manage("/readyz").body()).contains(why);
            assertThat(admin.backends(role)).isEmpty();
        }
    }

    private static String url(String role, String host, String parameters) {
        return "postgres://" + role + "@" + host + ":" + servers.postgres().port() + "/postgres?" + parameters;
    }

    private static String newRole() {
        String role = "role" + roles++;
        admin.reader(role);
        servers.redisCommands().flushall();
        return role;
    }

    private static void switchTls(String setting) {
        servers.sql("ALTER SYSTEM SET ssl = " + setting);
        admin.reload();
    }
}
