package dev.hotcold.cold.trust;

import dev.hotcold.tls.AuthorityFile;
import dev.hotcold.tls.Pem;
import io.netty.handler.ssl.util.InsecureTrustManagerFactory;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedKeyManager;
import javax.net.ssl.X509ExtendedTrustManager;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Whom an encrypted connection trusts and what it shows: the same for both drivers. Immutable.
 *
 * @param server decides about the server's certificate
 * @param client shows the service's own; empty: none
 * @param verifiesHost whether the certificate must name the host
 * @param versions of TLS
 */
public record TlsPolicy(
        X509TrustManager server, Optional<X509ExtendedKeyManager> client, boolean verifiesHost, TlsVersions versions) {

    /** What the JDK calls the check of the name. */
    public static final String HOST_CHECK = "HTTPS";

    /**
     * Reads the files that are named. Blocks, as {@link AuthorityFile#open} does.
     *
     * @throws IOException with words for an operator, which name parameter and setting
     */
    public static TlsPolicy load(PostgresTrust trust) throws IOException {
        X509TrustManager server = trust.verifiesCertificate() ? authorities(trust) : anybody();
        return new TlsPolicy(server, client(trust), trust.verifiesHost(), trust.versions());
    }

    private static X509TrustManager authorities(PostgresTrust trust) throws IOException {
        if (trust.rootCertificate().isEmpty()) {
            return OfTheJdk.AUTHORITIES;
        }
        Path file = trust.rootCertificate().get();
        try {
            KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
            store.load(null, null);
            List<X509Certificate> certificates = Pem.certificates(AuthorityFile.open(file), file);
            for (int i = 0; i < certificates.size(); i++) {
                store.setCertificateEntry("authority" + i, certificates.get(i));
            }
            return trusting(store);
        } catch (IOException unusable) {
            throw new IOException("sslrootcert in " + trust.setting() + ": " + unusable.getMessage(), unusable);
        } catch (GeneralSecurityException unusable) {
            throw new IOException("sslrootcert in " + trust.setting() + ": " + file + " cannot be used", unusable);
        }
    }

    private static Optional<X509ExtendedKeyManager> client(PostgresTrust trust) throws IOException {
        if (trust.client().isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(trust.client().get().load());
        } catch (IOException unusable) {
            throw new IOException("sslcert and sslkey in " + trust.setting() + ": " + unusable.getMessage(), unusable);
        }
    }

    private static X509ExtendedTrustManager trusting(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    }

    /** One that the JDK adds no checks of its own to, such as of the length of a key that nobody relies on. */
    private static X509TrustManager anybody() {
        return (X509TrustManager) InsecureTrustManagerFactory.INSTANCE.getTrustManagers()[0];
    }

    /** For sockets. */
    public SSLContext context() {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    client.map(key -> new KeyManager[] {key}).orElse(new KeyManager[0]),
                    new TrustManager[] {server},
                    null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK has no TLS", e);
        }
    }

    /** Read once, when first needed: there are many. */
    private static final class OfTheJdk {

        private static final X509TrustManager AUTHORITIES = read();

        private static X509TrustManager read() {
            try {
                return trusting(null);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("the JDK's own authorities cannot be read", e);
            }
        }
    }
}
