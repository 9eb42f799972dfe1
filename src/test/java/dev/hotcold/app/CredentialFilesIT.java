package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.http.access.ApiKeys;
import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.netty.pkitesting.X509Bundle;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Files of keys and certificates that are emptied, removed or replaced by what is no such file, while the service runs. */
@Timeout(value = 150, unit = TimeUnit.SECONDS)
@Execution(ExecutionMode.CONCURRENT)
class CredentialFilesIT {

    /** A removed file of keys takes effect after a minute. */
    private static final Duration LONGER_THAN_THE_GRACE = Duration.ofSeconds(90);

    private static Servers servers;

    @TempDir
    private Path directory;

    private final Authority authority = Authority.named("The authority");
    private Path keys;
    private Path chain;
    private Path key;

    @BeforeAll
    static void startServers() {
        servers = Servers.start();
        servers.put("alice", "app://alice", "Hi");
    }

    @AfterAll
    static void stopServers() {
        servers.close();
    }

    @BeforeEach
    void writeFiles() {
        keys = Authority.write(directory.resolve("keys"), ApiKeys.line("web", "the-key"));
        install(authority.issue("localhost"));
    }

    @Test
    void keys_emptied_revokeTheLastKeyAndSayItUntilThereIsOne() {
        try (TestService service = start("API_KEYS_FILE", keys.toString())) {
            assertThat(lookUp(service)).isEqualTo(200);

            Authority.write(keys, "# none\n\n");

            await().until(() -> lookUp(service) == 401);
            assertThat(readiness(service))
                    .contains("\"api_keys\":[\"API_KEYS_FILE holds no key: every lookup gets 401\"]");
            Authority.write(keys, ApiKeys.line("web", "the-key"));
            await().until(() -> lookUp(service) == 200);
            assertThat(readiness(service)).doesNotContain("api_keys");
        }
    }

    @Test
    void keys_removed_degradeAtOnceAndRevokeAfterTheGrace() throws Exception {
        try (TestService service = start("API_KEYS_FILE", keys.toString())) {
            Files.delete(keys);

            await().until(() ->
                    readiness(service).contains("\"api_keys\":[\"kept the keys of API_KEYS_FILE as it was"));
            assertThat(lookUp(service)).isEqualTo(200);
            assertThat(service.get("/readyz").status()).isEqualTo(200);
            assertThat(service.get("/readyz").body()).contains("\"degraded\":[\"api_keys\"]");
            assertThat(service.metric("hotcold_credentials_failures_total{file=\"api_keys\"}"))
                    .isPositive();
            await().atMost(LONGER_THAN_THE_GRACE).until(() -> lookUp(service) == 401);
            assertThat(readiness(service)).contains("no longer accepted: the keys of API_KEYS_FILE: ");
            Authority.write(keys, ApiKeys.line("web", "the-key"));
            await().until(() -> lookUp(service) == 200);
        }
    }

    @Test
    void keys_aPipe_neitherHangTheCheckNorThatOfTheCertificate() throws Exception {
        X509Bundle next = authority.issue("localhost");
        try (TestService service = start(
                "API_KEYS_FILE", keys.toString(), "TLS_CERT_FILE", chain.toString(), "TLS_KEY_FILE", key.toString())) {
            Files.delete(keys);
            assertThat(new ProcessBuilder("mkfifo", keys.toString()).start().waitFor())
                    .isZero();
            await().until(() -> readiness(service).contains(keys + " is not a regular file"));

            install(next);

            await().until(() -> certificate(service).equals(next.getCertificate()));
            assertThat(service.metric("hotcold_credentials_check_age_seconds{file=\"api_keys\"}"))
                    .isLessThan(15);
        }
    }

    @Test
    void certificate_expired_doesNotReplaceAValidOne() {
        try (TestService service = start("TLS_CERT_FILE", chain.toString(), "TLS_KEY_FILE", key.toString())) {
            X509Certificate valid = certificate(service);

            install(authority.issue("localhost", Instant.now().minusSeconds(60)));

            await().until(() -> readiness(service).contains("\"certificate\":[\"kept the certificate"));
            assertThat(readiness(service)).contains(chain + " has expired at ");
            assertThat(certificate(service)).isEqualTo(valid);
            assertThat(service.metric("hotcold_certificate_end_seconds"))
                    .isEqualTo((double) valid.getNotAfter().toInstant().getEpochSecond());
            X509Bundle next = authority.issue("localhost");
            install(next);
            await().until(() -> certificate(service).equals(next.getCertificate()));
            assertThat(readiness(service)).doesNotContain("certificate");
        }
    }

    @Test
    void clientAuthorities_removed_degradeAndAdmitNobodyAfterTheGrace() throws Exception {
        Authority clients = Authority.named("The clients' authority");
        X509Bundle client = clients.issue("client");
        Path file = clients.writeTo(directory.resolve("clients.pem"));
        try (TestService service = start(
                "TLS_CERT_FILE",
                chain.toString(),
                "TLS_KEY_FILE",
                key.toString(),
                "TLS_CLIENT_CA_FILE",
                file.toString())) {
            assertThat(isAdmitted(service, client)).isTrue();

            Files.delete(file);

            await().until(() -> readiness(service).contains("\"client_authority\":[\"kept the authorities"));
            assertThat(isAdmitted(service, client)).isTrue();
            await().atMost(LONGER_THAN_THE_GRACE).until(() -> !isAdmitted(service, client));
            clients.writeTo(file);
            await().until(() -> isAdmitted(service, client));
        }
    }

    private void install(X509Bundle certificate) {
        chain = Authority.write(directory.resolve("chain.pem"), certificate.getCertificatePathPEM());
        key = Authority.write(directory.resolve("key.pem"), certificate.getPrivateKeyPEM());
    }

    private TestService start(String... settings) {
        String[] all = new String[settings.length + 4];
        System.arraycopy(settings, 0, all, 0, settings.length);
        System.arraycopy(
                new String[] {"CHANGE_FEED", "off", "REQUEST_TIMEOUT_MS", "20000"}, 0, all, settings.length, 4);
        return TestService.start(servers, all);
    }

    private static String readiness(TestService service) {
        Response response = service.manage("/readyz");
        assertThat(response.status()).isEqualTo(200);
        return response.body();
    }

    private static int lookUp(TestService service) {
        try (RawClient client = RawClient.connect(service.port())) {
            return client.send("GET /v1/users?user_id=alice HTTP/1.1\r\nHost: localhost\r\nX-API-Key: the-key\r\n\r\n")
                    .readResponse()
                    .status();
        }
    }

    private X509Certificate certificate(TestService service) {
        try (RawClient client = RawClient.connect(service.port(), authority.trusting())) {
            return client.certificate();
        }
    }

    private boolean isAdmitted(TestService service, X509Bundle client) {
        try (RawClient connection = RawClient.connect(service.port(), authority.trusting(client))) {
            return connection.lookup("alice").status() == 200;
        } catch (UncheckedIOException | AssertionError refused) {
            return false;
        }
    }
}
