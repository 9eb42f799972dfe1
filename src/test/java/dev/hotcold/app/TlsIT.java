package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** HTTPS on the public port. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TlsIT {

    @TempDir
    private Path directory;

    private final Servers servers = Servers.shared();
    private final Authority authority = Authority.named("The authority");
    private Path chain;
    private Path key;

    @BeforeEach
    void writeCertificate() {
        servers.put("alice", "app://alice", "Hi");
        install(authority.issue("localhost"));
    }

    @Test
    void certificate_given_httpsIsSpokenWithHttp2AndHttp1() throws Exception {
        try (TestService service = start()) {
            HttpResponse<String> two = lookup(service.port(), authority.trusting(), HttpClient.Version.HTTP_2);
            HttpResponse<String> one = lookup(service.port(), authority.trusting(), HttpClient.Version.HTTP_1_1);

            assertThat(two.version()).isEqualTo(HttpClient.Version.HTTP_2);
            assertThat(one.version()).isEqualTo(HttpClient.Version.HTTP_1_1);
            assertThat(two.statusCode()).isEqualTo(200);
            assertThat(one.body()).contains("app://alice");
        }
    }

    @Test
    void pagesAndProblems_overHttps_leaveOtherPortsOfTheNameAlone() throws Exception {
        try (TestService service = start()) {
            for (String path : new String[] {"/swagger/", "/openapi.yaml", "/swagger", "/nowhere"}) {
                assertThat(get(service.port(), path, authority.trusting(), HttpClient.Version.HTTP_1_1)
                                .headers()
                                .firstValue("Strict-Transport-Security"))
                        .as(path)
                        .isEmpty();
            }
        }
    }

    @Test
    void certificate_given_plainHttpIsNotAnswered() {
        try (TestService service = start();
                RawClient plain = RawClient.connect(service.port())) {

            plain.send(RawClient.request("alice"));

            // An alert of TLS, and the end.
            assertThat(plain.skip(1000)).isLessThan(20);
        }
    }

    @Test
    void authority_notTrusted_isRefusedByTheClient() {
        try (TestService service = start()) {
            SSLContext other = Authority.named("Another authority").trusting();

            assertThatThrownBy(() -> lookup(service.port(), other, HttpClient.Version.HTTP_2))
                    .isInstanceOf(SSLException.class);
        }
    }

    @Test
    void handshake_neverFinished_isCutAfterTheReadTimeout() {
        try (TestService service = start("HTTP_READ_TIMEOUT_SEC", "1", "HTTP_IDLE_TIMEOUT_SEC", "0");
                RawClient mute = RawClient.connect(service.port());
                RawClient half = RawClient.connect(service.port())) {
            half.send("\u0016\u0003\u0001");

            assertThat(mute.awaitCut()).isGreaterThanOrEqualTo(Duration.ofMillis(900));
            half.awaitCut();
        }
    }

    @Test
    void readTimeout_halfARequestUnderTls_isCutAndAnIdleConnectionIsNot() throws Exception {
        try (TestService service = start("HTTP_READ_TIMEOUT_SEC", "1", "HTTP_IDLE_TIMEOUT_SEC", "0");
                RawClient idle = RawClient.connect(service.port(), authority.trusting());
                RawClient half = RawClient.connect(service.port(), authority.trusting());
                RawClient pieces = RawClient.connect(service.port(), authority.trusting())) {
            assertThat(idle.lookup("alice").status()).isEqualTo(200);
            String request = RawClient.request("alice");
            pieces.send(request.substring(0, 10));
            pieces.send(request.substring(10));

            Duration life = half.send(request.substring(0, 20)).awaitCut();

            assertThat(life).isGreaterThanOrEqualTo(Duration.ofMillis(900));
            assertThat(idle.lookup("alice").status()).isEqualTo(200);
            assertThat(pieces.readResponse().status()).isEqualTo(200);
        }
    }

    @Test
    void connections_beyondTheLimit_areClosedWhateverTheHandshakesHaveCome() {
        try (TestService service = start("HTTP_MAX_CONNECTIONS", "2");
                RawClient served = RawClient.connect(service.port(), authority.trusting());
                RawClient mute = RawClient.connect(service.port());
                RawClient refused = RawClient.connect(service.port())) {

            assertThat(refused.skip(1)).isZero();
            assertThat(served.lookup("alice").status()).isEqualTo(200);
            assertThat(service.metric("hotcold_connections_refused_total")).isEqualTo(1);
            assertThat(mute.isCut()).isFalse();
        }
    }

    @Test
    void clientAuthority_given_onlyItsClientsAreServed() throws Exception {
        Authority clients = Authority.named("The clients' authority");
        Path file = clients.writeTo(directory.resolve("clients.pem"));
        try (TestService service = start("TLS_CLIENT_CA_FILE", file.toString())) {
            X509Bundle known = clients.issue("client");
            X509Bundle unknown = authority.issue("client");

            assertThat(lookup(service.port(), authority.trusting(known), HttpClient.Version.HTTP_2)
                            .statusCode())
                    .isEqualTo(200);
            for (SSLContext other : new SSLContext[] {authority.trusting(), authority.trusting(unknown)}) {
                assertThatThrownBy(() -> lookup(service.port(), other, HttpClient.Version.HTTP_1_1))
                        .isInstanceOf(IOException.class);
            }
        }
    }

    @Test
    void files_replaced_areUsedByEveryLoopAndBrokenOnesAreNot() throws Exception {
        X509Bundle next = authority.issue("localhost");
        try (Program program = program();
                RawClient old = RawClient.connect(program.awaitPort(), authority.trusting())) {
            int port = program.awaitPort();
            assertThat(old.lookup("alice").status()).isEqualTo(200);

            Authority.write(key, next.getPrivateKeyPEM());

            await().until(() ->
                    program.err().contains("Kept the certificate of TLS_CERT_FILE as it was: TLS_KEY_FILE"));
            assertThat(certificate(port)).isNotEqualTo(next.getCertificate());

            Authority.write(chain, next.getCertificatePathPEM());

            await().until(() -> program.err().contains("Read the certificate of TLS_CERT_FILE again"));
            await().until(() -> certificate(port).equals(next.getCertificate()));
            // Connections go to the loops in turn.
            for (int i = 0; i < 2 * Runtime.getRuntime().availableProcessors(); i++) {
                assertThat(certificate(port)).isEqualTo(next.getCertificate());
            }
            assertThat(old.lookup("alice").status()).isEqualTo(200);
            assertThat(program.err().split("Kept the certificate", -1)).hasSize(2);
        }
    }

    @Test
    void certificate_expiringAtStartAndExpiredAtAReload_isWarnedOfOnceEach() {
        install(authority.issue("localhost", Instant.now().plus(Duration.ofDays(3))));
        try (Program program = program()) {
            program.awaitPort();
            assertThat(program.err()).containsOnlyOnce("The certificate of TLS_CERT_FILE expires at ");

            install(authority.issue("localhost", Instant.now().minusSeconds(60)));

            await().until(() -> program.err()
                    .contains("Kept the certificate of TLS_CERT_FILE as it was: TLS_CERT_FILE: " + chain
                            + " has expired at "));
        }
    }

    @Test
    void start_keyOfAnotherCertificate_isExitCodeTwoAndNamesTheSettings() {
        Authority.write(key, authority.issue("localhost").getPrivateKeyPEM());

        Program.Ended ended = Program.run(environment());

        assertThat(ended.exitCode()).isEqualTo(2);
        assertThat(ended.err())
                .contains("error: TLS_KEY_FILE: " + key + " is not the key", chain + " (TLS_CERT_FILE)")
                .doesNotContain("PRIVATE KEY", "\tat ");
    }

    @Test
    void healthcheck_httpsWithClientCertificates_isAnswered() throws IOException {
        Map<String, String> environment = environment();
        environment.put("TLS_CLIENT_CA_FILE", chain.toString());
        environment.put("MANAGEMENT_PORT", Integer.toString(freePort()));
        try (Program program = Program.start(environment)) {
            environment.put("PORT", Integer.toString(program.awaitPort()));

            assertThat(Program.run(environment, "healthcheck").exitCode()).isZero();

            program.kill();
            assertThat(Program.run(environment, "healthcheck").exitCode()).isEqualTo(1);
        }
    }

    private void install(X509Bundle certificate) {
        chain = Authority.write(directory.resolve("chain.pem"), certificate.getCertificatePathPEM());
        key = Authority.write(directory.resolve("key.pem"), certificate.getPrivateKeyPEM());
    }

    private TestService start(String... more) {
        Map<String, String> environment = environment();
        for (int i = 0; i < more.length; i += 2) {
            environment.put(more[i], more[i + 1]);
        }
        return TestService.start(environment);
    }

    private Program program() {
        return Program.start(environment());
    }

    private Map<String, String> environment() {
        Map<String, String> environment = servers.environment();
        environment.put("CHANGE_FEED", "off");
        environment.put("REQUEST_TIMEOUT_MS", "20000");
        environment.put("TLS_CERT_FILE", chain.toString());
        environment.put("TLS_KEY_FILE", key.toString());
        return environment;
    }

    private X509Certificate certificate(int port) throws Exception {
        try (RawClient client = RawClient.connect(port, authority.trusting())) {
            return client.certificate();
        }
    }

    private static HttpResponse<String> lookup(int port, SSLContext tls, HttpClient.Version version)
            throws IOException, InterruptedException {
        return get(port, "/v1/users?user_id=alice", tls, version);
    }

    private static HttpResponse<String> get(int port, String path, SSLContext tls, HttpClient.Version version)
            throws IOException, InterruptedException {
        try (HttpClient client =
                HttpClient.newBuilder().sslContext(tls).version(version).build()) {
            return client.send(
                    HttpRequest.newBuilder(URI.create("https://localhost:" + port + path))
                            .build(),
                    HttpResponse.BodyHandlers.ofString());
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0)) {
            return socket.getLocalPort();
        }
    }
}
