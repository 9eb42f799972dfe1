package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which versions, cipher suites and handshakes the public port takes part in. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TlsSuitesIT {

    private static final String STRONG =
            "TLS_ECDHE_RSA_WITH_(AES_128_GCM_SHA256|AES_256_GCM_SHA384|CHACHA20_POLY1305_SHA256)";

    @TempDir
    private Path directory;

    private final Servers servers = Servers.shared();
    private X509Bundle identity;
    private Path chain;
    private Path key;

    @BeforeEach
    void writeCertificate() throws Exception {
        servers.put("alice", "app://alice", "Hi");
        install();
    }

    /** Each suite that the JDK knows is offered alone. */
    @Test
    void suites_ofTls12_areThoseWithForwardSecrecyAndAead_alsoAfterANewCertificate() throws Exception {
        try (Program program = Program.start(environment())) {
            int port = program.awaitPort();
            assertThat(accepted(port)).hasSize(3).allMatch(suite -> suite.matches(STRONG));

            install();
            await().until(() -> program.err().contains("Read the certificate of TLS_CERT_FILE again"));
            // Connections go to the loops in turn.
            int loops = Runtime.getRuntime().availableProcessors();
            await().until(() -> {
                for (int i = 0; i < 2 * loops; i++) {
                    if (!isUpToDate(port)) {
                        return false;
                    }
                }
                return true;
            });

            assertThat(accepted(port)).hasSize(3).allMatch(suite -> suite.matches(STRONG));
            assertThat(http2IsNegotiated(port)).isTrue();
        }
    }

    @Test
    void renegotiation_byTheClient_isRefused() throws Exception {
        try (Program program = Program.start(environment());
                SSLSocket socket = socket(program.awaitPort(), "TLSv1.2", null)) {
            socket.startHandshake();
            send(socket);
            assertThat(socket.getInputStream().read()).isEqualTo('H');

            assertThatThrownBy(() -> {
                        socket.startHandshake();
                        send(socket);
                        socket.getInputStream().transferTo(OutputStream.nullOutputStream());
                    })
                    .isInstanceOf(IOException.class);
        }
    }

    private static void send(SSLSocket socket) throws IOException {
        socket.getOutputStream()
                .write("GET /v1/users?user_id=alice HTTP/1.1\r\nHost: localhost\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
    }

    private List<String> accepted(int port) throws Exception {
        List<String> accepted = new ArrayList<>();
        for (String suite : trusting().getSupportedSSLParameters().getCipherSuites()) {
            if (!suite.contains("_WITH_")) {
                continue;
            }
            try (SSLSocket socket = socket(port, "TLSv1.2", suite)) {
                socket.startHandshake();
                accepted.add(socket.getSession().getCipherSuite());
            } catch (SSLException refused) {
                // As it should be for most.
            }
        }
        return accepted;
    }

    /** Whether the server presents the certificate that was written last. */
    private boolean isUpToDate(int port) throws Exception {
        try (SSLSocket socket = socket(port, "TLSv1.2", null)) {
            socket.startHandshake();
            return true;
        } catch (SSLException notYet) {
            return false;
        }
    }

    private boolean http2IsNegotiated(int port) throws Exception {
        try (SSLSocket socket = socket(port, "TLSv1.3", null)) {
            SSLParameters parameters = socket.getSSLParameters();
            parameters.setApplicationProtocols(new String[] {"h2", "http/1.1"});
            socket.setSSLParameters(parameters);
            socket.startHandshake();
            return "h2".equals(socket.getApplicationProtocol());
        }
    }

    private SSLSocket socket(int port, String version, @Nullable String suite) throws Exception {
        SSLSocket socket = (SSLSocket) trusting().getSocketFactory().createSocket("localhost", port);
        socket.setSoTimeout(Math.toIntExact(Duration.ofSeconds(10).toMillis()));
        socket.setEnabledProtocols(new String[] {version});
        if (suite != null) {
            socket.setEnabledCipherSuites(new String[] {suite});
        }
        return socket;
    }

    private SSLContext trusting() throws Exception {
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, identity.toTrustManagerFactory().getTrustManagers(), null);
        return context;
    }

    private void install() throws Exception {
        identity = new CertificateBuilder()
                .subject("CN=localhost")
                .addSanDnsName("localhost")
                .setIsCertificateAuthority(true)
                .rsa2048()
                .buildSelfSigned();
        chain = Authority.write(directory.resolve("chain.pem"), identity.getCertificatePathPEM());
        key = Authority.write(directory.resolve("key.pem"), identity.getPrivateKeyPEM());
    }

    private Map<String, String> environment() {
        Map<String, String> environment = servers.environment();
        environment.put("CHANGE_FEED", "off");
        environment.put("TLS_CERT_FILE", chain.toString());
        environment.put("TLS_KEY_FILE", key.toString());
        return environment;
    }
}
