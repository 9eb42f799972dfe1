package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.app.jdbc.PostgresJdbc;
import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.cold.driver.PgConnector;
import dev.hotcold.cold.server.Placement;
import dev.hotcold.cold.server.TargetSession;
import dev.hotcold.config.ConfigLoader;
import dev.hotcold.config.Loaded;
import dev.hotcold.testkit.Authority;
import dev.hotcold.testkit.Names;
import dev.hotcold.testkit.Program;
import io.netty.pkitesting.X509Bundle;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.sql.SQLException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What both drivers think of a server's certificate where libpq and the JDK differ. The server goes no further than TLS: it shows a
 * certificate, notes by which name it was called, and is gone.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class PostgresCertificateIT {

    private final Instant later = Instant.now().plusSeconds(90 * 86_400);
    private final Instant over = Instant.now().minusSeconds(86_400);

    /** What is said of a server whose certificate was good: it did not go on. */
    private static final String NO_COMPLAINT = "^(?!.*certificate).*$";

    /** Of a client that asks for encryption. */
    private static final int REQUEST_BYTES = 8;

    @TempDir
    private Path directory;

    /** Answers the request for encryption, and shakes hands. */
    private static final class Peer implements AutoCloseable {

        private final ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        private final BlockingQueue<String> names = new LinkedBlockingQueue<>();
        private final SSLContext tls = SSLContext.getInstance("TLS");

        Peer(X509Bundle shown) throws Exception {
            tls.init(shown.toKeyManagerFactory().getKeyManagers(), null, new SecureRandom());
            Thread.ofVirtual().start(this::accept);
        }

        private void accept() {
            while (!socket.isClosed()) {
                try (Socket client = socket.accept()) {
                    client.getInputStream().readNBytes(REQUEST_BYTES);
                    client.getOutputStream().write('S');
                    SSLSocket encrypted = (SSLSocket) tls.getSocketFactory().createSocket(client, null, true);
                    try (encrypted) {
                        encrypted.startHandshake();
                    } finally {
                        if (encrypted.getHandshakeSession() instanceof ExtendedSSLSession session) {
                            names.add(session.getRequestedServerNames().toString());
                        } else if (encrypted.getSession() instanceof ExtendedSSLSession session) {
                            names.add(session.getRequestedServerNames().toString());
                        }
                    }
                } catch (IOException gone) {
                    // The next one.
                }
            }
        }

        int port() {
            return socket.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    /** The JDK would not of names without a dot, nor of those with an underscore. */
    @ParameterizedTest
    @CsvSource({"localhost", "my_db", "db_1.svc.local"})
    void handshake_hostWithAName_tellsIt(String host) throws Exception {
        try (Listener listener = new Listener()) {
            String url = "postgres://app@" + host + ":" + listener.port() + "/app?sslmode=require";

            lookup(url);
            assertThat(listener.hellos.poll(10, TimeUnit.SECONDS)).contains("\0" + (char) host.length() + host);
            migrate(url);
            assertThat(listener.hellos.poll(10, TimeUnit.SECONDS)).contains("\0" + (char) host.length() + host);
        }
    }

    /** As libpq: an address is no name. */
    @Test
    void handshake_address_isNotToldAsAName() throws Exception {
        try (Peer peer = new Peer(Authority.named("The authority").issue("localhost"))) {
            String url = url(peer, "127.0.0.1", "sslmode=require");

            lookup(url);
            assertThat(peer.names.poll(10, TimeUnit.SECONDS)).isEqualTo("[]");
            jdbc(url);
            assertThat(peer.names.poll(10, TimeUnit.SECONDS)).isEqualTo("[]");
        }
    }

    /** The JDK takes whatever is named as an authority, for ever. */
    @ParameterizedTest
    @CsvSource({"verify-ca", "verify-full", "require"})
    void handshake_ownCertificateNamedAsAuthority_isTakenUntilItExpires(String mode) throws Exception {
        X509Bundle valid = Authority.selfSigned("localhost", later);
        X509Bundle old = Authority.selfSigned("localhost", over);
        Path file = Authority.write(directory.resolve("server.crt"), valid.getCertificatePEM());
        try (Peer peer = new Peer(valid)) {
            String url = url(peer, "localhost", "sslmode=" + mode + "&sslrootcert=" + file);
            assertThat(lookup(url)).matches(NO_COMPLAINT);
            assertThat(jdbc(url)).matches(NO_COMPLAINT);
        }
        Authority.write(file, old.getCertificatePEM());
        try (Peer peer = new Peer(old)) {
            String url = url(peer, "localhost", "sslmode=" + mode + "&sslrootcert=" + file);
            assertThat(lookup(url)).contains("the certificate of localhost has expired");
            assertThat(jdbc(url)).contains("the certificate of localhost has expired");
        }
    }

    @Test
    void handshake_authorityHasExpired_isRefusedUnlessAnotherSignedIt() throws Exception {
        Authority old = Authority.until("The_authority", over);
        Authority another = Authority.named("Another authority");
        Path file = directory.resolve("authorities.pem");
        Authority.write(file, old.pem() + another.pem());
        try (Peer peer = new Peer(old.issue("localhost"))) {
            String url = url(peer, "localhost", "sslmode=verify-full&sslrootcert=" + file);
            String why =
                    "the certificate of localhost is not trusted, because that of its authority has expired or is not"
                            + " valid yet: replace it in the file named by sslrootcert in DATABASE_URL";
            assertThat(lookup(url)).isEqualTo(why);
            assertThat(jdbc(url)).isEqualTo(why);
        }
        try (Peer peer = new Peer(another.issue("localhost"))) {
            String url = url(peer, "localhost", "sslmode=verify-full&sslrootcert=" + file);
            assertThat(lookup(url)).matches(NO_COMPLAINT);
            assertThat(jdbc(url)).matches(NO_COMPLAINT);
        }
    }

    /** Takes down what a client first says of itself, which is no secret, and is gone. */
    private static final class Listener implements AutoCloseable {

        private final ServerSocket socket = new ServerSocket(0, 5, InetAddress.getLoopbackAddress());
        private final BlockingQueue<String> hellos = new LinkedBlockingQueue<>();

        Listener() throws IOException {
            Thread.ofVirtual().start(this::accept);
        }

        private void accept() {
            while (!socket.isClosed()) {
                try (Socket client = socket.accept()) {
                    InputStream in = client.getInputStream();
                    in.readNBytes(REQUEST_BYTES);
                    client.getOutputStream().write('S');
                    byte[] header = in.readNBytes(5);
                    int length = ((header[3] & 0xFF) << 8) | (header[4] & 0xFF);
                    hellos.add(new String(in.readNBytes(length), StandardCharsets.ISO_8859_1));
                } catch (IOException gone) {
                    // The next one.
                }
            }
        }

        int port() {
            return socket.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }

    private static String url(Peer peer, String host, String parameters) {
        return "postgres://app@" + host + ":" + peer.port() + "/app?" + parameters;
    }

    private static PostgresSettings settings(String url) {
        Loaded loaded = ConfigLoader.load(Map.of("DATABASE_URL", url));
        assertThat(loaded).isInstanceOf(Loaded.Valid.class);
        return ((Loaded.Valid) loaded).config().stores().postgres();
    }

    /** Why there is no connection. */
    private String lookup(String url) {
        PostgresSettings settings = settings(url);
        Vertx vertx = Vertx.vertx();
        try {
            new PgConnector(
                            settings.endpoint(),
                            settings.trust(),
                            settings.pooler(),
                            new Placement(TargetSession.ANY),
                            Names.onLoopback(),
                            vertx)
                    .connect()
                    .await();
            throw new AssertionError("connected");
        } catch (Exception refused) {
            return String.valueOf(refused.getMessage());
        } finally {
            vertx.close().await();
        }
    }

    private static String jdbc(String url) {
        try {
            new PostgresJdbc(settings(url)).connect().close();
            throw new AssertionError("connected");
        } catch (SQLException refused) {
            return String.valueOf(refused.getMessage());
        }
    }

    /** By a program of its own, which is told where the host is. */
    private String migrate(String url) throws IOException {
        Path hosts = Files.writeString(directory.resolve("hosts"), hosts(settings(url)));
        try (Program program = Program.start(
                List.of("-Djdk.net.hosts.file=" + hosts),
                Map.of("DATABASE_URL", url, "CHANGE_FEED", "off"),
                "migrate")) {
            return program.awaitEnd().err();
        }
    }

    private static String hosts(PostgresSettings settings) {
        return "127.0.0.1 localhost\n127.0.0.1 " + settings.endpoint().host() + "\n";
    }
}
