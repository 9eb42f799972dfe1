package dev.hotcold.http.access;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hotcold.testkit.Authority;
import io.netty.pkitesting.CertificateBuilder;
import io.netty.pkitesting.X509Bundle;
import io.vertx.core.Vertx;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Which files make an identity, and why others are refused. */
final class TlsIdentityTest {

    private static final Vertx VERTX = Vertx.vertx();
    private static final Instant END = Instant.parse("2040-01-01T00:00:00Z");

    @TempDir
    private Path directory;

    private final Authority authority = Authority.named("The authority");
    private final X509Bundle server = authority.issue("localhost");

    @AfterAll
    static void stop() {
        VERTX.close().await();
    }

    @ParameterizedTest
    @EnumSource(
            value = CertificateBuilder.Algorithm.class,
            names = {"ecp256", "ecp384", "rsa2048"})
    void load_keyOfTheCertificate_isAccepted(CertificateBuilder.Algorithm algorithm) throws Exception {
        X509Bundle any = new CertificateBuilder()
                .subject("CN=localhost")
                .setIsCertificateAuthority(true)
                .algorithm(algorithm)
                .buildSelfSigned();

        TlsIdentity identity = load(any.getCertificatePathPEM(), any.getPrivateKeyPEM());

        assertThat(identity.certificate()).isEqualTo(any.getCertificate());
        assertThat(identity.clients()).isEmpty();
    }

    @Test
    void load_clientAuthority_isTrusted() throws Exception {
        Path file = authority.writeTo(directory.resolve("authority"));

        TlsIdentity identity = load(server.getCertificatePathPEM(), server.getPrivateKeyPEM())
                .forClientsOf(ClientAuthorities.load(new WatchedFile("TLS_CLIENT_CA_FILE", file)));

        assertThat(identity.clients()).isPresent();
    }

    @Test
    void load_keyOfAnotherCertificate_isRefusedByBothSettings() {
        String key = authority.issue("localhost").getPrivateKeyPEM();

        assertThatThrownBy(() -> load(server.getCertificatePathPEM(), key))
                .isInstanceOf(UnusableFileException.class)
                .hasMessageContainingAll("TLS_KEY_FILE: ", "/key is not the key of", "/chain (TLS_CERT_FILE)");
    }

    @Test
    void load_keyOfAnotherKind_isRefused() throws Exception {
        String key = new CertificateBuilder()
                .subject("CN=localhost")
                .setIsCertificateAuthority(true)
                .rsa2048()
                .buildSelfSigned()
                .getPrivateKeyPEM();

        assertThatThrownBy(() -> load(server.getCertificatePathPEM(), key))
                .isInstanceOf(UnusableFileException.class)
                .hasMessageStartingWith("TLS_KEY_FILE: ");
    }

    @Test
    void load_noCertificates_isRefusedWithoutShowingThem() {
        String key = server.getPrivateKeyPEM();

        assertThatThrownBy(() -> load("", key)).hasMessageMatching("TLS_CERT_FILE: .*/chain holds no certificate.*");
        assertThatThrownBy(() -> load(key, key)).hasMessageMatching("TLS_CERT_FILE: .*/chain holds no certificate.*");
        assertThatThrownBy(() -> load(damaged(server.getCertificatePathPEM()), key))
                .hasMessageMatching("TLS_CERT_FILE: .*/chain holds no certificate.*");
    }

    @Test
    void load_certificateInBinaryForm_isRefusedByItsSetting() throws Exception {
        Path binary =
                Files.write(directory.resolve("binary"), server.getCertificate().getEncoded());
        Path key = file("key", server.getPrivateKeyPEM());

        assertThatThrownBy(() -> TlsIdentity.load(new TlsSettings(binary, key, Optional.empty()), VERTX))
                .hasMessageMatching("TLS_CERT_FILE: .*/binary holds no certificate in PEM form.*");
        assertThatThrownBy(() -> ClientAuthorities.load(new WatchedFile("TLS_CLIENT_CA_FILE", binary)))
                .hasMessageMatching("TLS_CLIENT_CA_FILE: .*/binary holds no certificate in PEM form.*");
    }

    @Test
    void load_noKey_isRefusedWithoutShowingIt() {
        String chain = server.getCertificatePathPEM();
        String unknown = "-----BEGIN ENCRYPTED PRIVATE KEY-----\nc2VjcmV0\n-----END ENCRYPTED PRIVATE KEY-----\n";

        for (String key : new String[] {"", "s3cr3t", chain, unknown, damaged(server.getPrivateKeyPEM())}) {
            assertThatThrownBy(() -> load(chain, key))
                    .isInstanceOf(UnusableFileException.class)
                    .hasMessageMatching("TLS_KEY_FILE: .*/key holds no RSA or EC private key in PEM form[^-]*");
        }
    }

    @Test
    void load_fileThatIsGone_isRefusedByItsSetting() throws Exception {
        TlsSettings settings =
                new TlsSettings(file("chain", server.getCertificatePathPEM()), file("key", ""), Optional.empty());
        Files.delete(settings.key());

        assertThatThrownBy(() -> TlsIdentity.load(settings, VERTX))
                .hasMessageMatching("TLS_KEY_FILE: .*/key cannot be read: NoSuchFileException");
    }

    @ParameterizedTest
    @CsvSource({"P15D, ''", "P13D, expires at 2040-01-01T00:00:00Z", "PT-1S, has expired at 2040-01-01T00:00:00Z"})
    void expiryWarning_timeLeft_isToldFromFourteenDaysOn(Duration left, String warning) throws Exception {
        X509Bundle ending = authority.issue("localhost", END);

        TlsIdentity identity = load(ending.getCertificatePathPEM(), ending.getPrivateKeyPEM());

        assertThat(identity.expiryWarning(END.minus(left)).orElse("")).isEqualTo(warning);
    }

    @Test
    void expiryWarning_certificateOfTheFuture_isTold() throws Exception {
        TlsIdentity identity = load(server.getCertificatePathPEM(), server.getPrivateKeyPEM());

        assertThat(identity.expiryWarning(Instant.EPOCH).orElse("")).startsWith("is not valid before ");
    }

    @Test
    void reload_expired_replacesOnlyOneThatHasExpiredToo() throws Exception {
        TlsIdentity valid = load(server.getCertificatePathPEM(), server.getPrivateKeyPEM());
        Instant now = valid.certificate().getNotBefore().toInstant().plusSeconds(60);
        X509Bundle ending = authority.issue("localhost", now.minusSeconds(1));
        TlsSettings settings = new TlsSettings(
                file("chain", ending.getCertificatePathPEM()),
                file("key", ending.getPrivateKeyPEM()),
                Optional.empty());

        assertThatThrownBy(() -> TlsIdentity.reload(settings, VERTX, valid, now))
                .isInstanceOf(UnusableFileException.class)
                .hasMessageMatching("TLS_CERT_FILE: .*/chain has expired at .*; the one in effect is valid");
        assertThat(TlsIdentity.reload(settings, VERTX, valid, END).certificate())
                .isEqualTo(ending.getCertificate());
    }

    private TlsIdentity load(String chain, String key) throws UnusableFileException {
        return TlsIdentity.load(new TlsSettings(file("chain", chain), file("key", key), Optional.empty()), VERTX);
    }

    /** The same PEM around bytes that mean nothing. */
    private static String damaged(String pem) {
        List<String> lines = pem.lines().toList();
        return String.join(
                "\n", lines.getFirst(), Base64.getEncoder().encodeToString(new byte[48]), lines.getLast(), "");
    }

    private Path file(String name, String text) {
        return Authority.write(directory.resolve(name), text);
    }
}
