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
import javax.net.ssl.SNIServerName;
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
 * @param authorities sign the server's certificate; empty: it may be of anybody
 * @param client shows the service's own; empty: none
 * @param verifiesHost whether the certificate must name the host
 * @param versions of TLS
 */
public record TlsPolicy(
        Optional<X509ExtendedTrustManager> authorities,
        Optional<X509ExtendedKeyManager> client,
        boolean verifiesHost,
        TlsVersions versions) {

    private static final String ROOT_CERTIFICATE = "sslrootcert";

    /**
     * Reads the files that are named. Blocks, as {@link AuthorityFile#open} does.
     *
     * @throws UnusableTrustException if one cannot be used
     */
    public static TlsPolicy load(PostgresTrust trust) throws UnusableTrustException {
        return new TlsPolicy(
                trust.verifiesCertificate() ? Optional.of(authorities(trust)) : Optional.empty(),
                client(trust),
                trust.verifiesHost(),
                trust.versions());
    }

    private static X509ExtendedTrustManager authorities(PostgresTrust trust) throws UnusableTrustException {
        if (trust.rootCertificate().isEmpty()) {
            return OfTheJdk.AUTHORITIES;
        }
        Path file = trust.rootCertificate().get();
        try {
            return trusting(Pem.certificates(AuthorityFile.open(file), file));
        } catch (IOException unusable) {
            throw new UnusableTrustException(ROOT_CERTIFICATE, trust.setting(), unusable);
        } catch (GeneralSecurityException unusable) {
            throw new UnusableTrustException(ROOT_CERTIFICATE, trust.setting(), file + " cannot be used", unusable);
        }
    }

    private static Optional<X509ExtendedKeyManager> client(PostgresTrust trust) throws UnusableTrustException {
        if (trust.client().isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(trust.client().get().load());
        } catch (IOException unusable) {
            throw new UnusableTrustException("sslcert and sslkey", trust.setting(), unusable);
        }
    }

    static X509ExtendedTrustManager trusting(List<X509Certificate> authorities) throws GeneralSecurityException {
        KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
        try {
            store.load(null, null);
        } catch (IOException e) {
            throw new IllegalStateException("an empty store needs no file", e);
        }
        for (int i = 0; i < authorities.size(); i++) {
            store.setCertificateEntry("authority" + i, authorities.get(i));
        }
        return trusting(store);
    }

    private static X509ExtendedTrustManager trusting(@Nullable KeyStore store) throws GeneralSecurityException {
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    }

    /**
     * Decides about the certificate of a server, its name included: whoever connects adds no check of names.
     *
     * @param host of the server, as the settings have it
     */
    public X509TrustManager server(String host) {
        return authorities
                .<X509TrustManager>map(
                        signing -> new ServerCheck(signing, verifiesHost ? Optional.of(host) : Optional.empty()))
                .orElseGet(TlsPolicy::anybody);
    }

    /** What the handshake tells the server of its name; none of an address. */
    public static List<SNIServerName> indication(String host) {
        return ServerName.indication(host);
    }

    /** One that the JDK adds no checks of its own to, such as of the length of a key that nobody relies on. */
    private static X509TrustManager anybody() {
        return (X509TrustManager) InsecureTrustManagerFactory.INSTANCE.getTrustManagers()[0];
    }

    /**
     * For sockets.
     *
     * @param host of the server, as the settings have it
     */
    public SSLContext context(String host) {
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(
                    client.map(key -> new KeyManager[] {key}).orElse(new KeyManager[0]),
                    new TrustManager[] {server(host)},
                    null);
            return context;
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("the JDK has no TLS", e);
        }
    }

    /** Read once, when first needed: there are many. */
    private static final class OfTheJdk {

        private static final X509ExtendedTrustManager AUTHORITIES = read();

        private static X509ExtendedTrustManager read() {
            try {
                return trusting((KeyStore) null);
            } catch (GeneralSecurityException e) {
                throw new IllegalStateException("the JDK's own authorities cannot be read", e);
            }
        }
    }
}
