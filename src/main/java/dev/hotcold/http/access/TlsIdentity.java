package dev.hotcold.http.access;

import dev.hotcold.tls.MatchingKeys;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.TrustOptions;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.X509KeyManager;

/**
 * The server's certificate and matching private key, and the authorities of its clients. Immutable.
 *
 * @param identity certificate chain and key
 * @param clients authorities of clients' certificates; empty: clients need no certificate
 * @param certificate the first of the chain
 */
public record TlsIdentity(PemKeyCertOptions identity, Optional<TrustOptions> clients, X509Certificate certificate) {

    /** How long before a certificate expires there is a warning. */
    private static final Duration EXPIRES_SOON = Duration.ofDays(14);

    /** The files that {@link #load} reads. */
    static List<WatchedFile> files(TlsSettings settings) {
        return List.of(certificates(settings), key(settings));
    }

    /** Reads certificate and key. Blocks. */
    static TlsIdentity load(TlsSettings settings, Vertx vertx) throws UnusableFileException {
        WatchedFile certificates = certificates(settings);
        WatchedFile key = key(settings);
        byte[] chain = certificates.read();
        X509Certificate own = PemCertificates.first(certificates, chain);
        PemKeyCertOptions identity =
                new PemKeyCertOptions().addCertValue(Buffer.buffer(chain)).addKeyValue(Buffer.buffer(key.read()));
        if (!MatchingKeys.match(own.getPublicKey(), privateKey(identity, own, key, vertx))) {
            throw key.unusable("is not the key of the first certificate in " + certificates.path() + " ("
                    + certificates.setting() + ")");
        }
        return new TlsIdentity(identity, Optional.empty(), own);
    }

    /**
     * Reads certificate and key again. A certificate that clients would refuse does not replace one that they accept.
     *
     * @param current the identity in effect
     */
    static TlsIdentity reload(TlsSettings settings, Vertx vertx, TlsIdentity current, Instant now)
            throws UnusableFileException {
        TlsIdentity next = load(settings, vertx);
        Optional<String> invalid = next.invalid(now);
        if (invalid.isPresent() && current.invalid(now).isEmpty()) {
            throw certificates(settings).unusable(invalid.get() + "; the one in effect is valid");
        }
        return next;
    }

    /** The same, for clients with a certificate of these authorities only. */
    TlsIdentity forClientsOf(TrustOptions authorities) {
        return new TlsIdentity(identity, Optional.of(authorities), certificate);
    }

    /** What an operator should know about the certificate's validity; empty: it does not expire soon. */
    public Optional<String> expiryWarning(Instant now) {
        Instant end = certificate.getNotAfter().toInstant();
        return invalid(now)
                .or(() -> now.plus(EXPIRES_SOON).isAfter(end) ? Optional.of("expires at " + end) : Optional.empty());
    }

    /** Why clients refuse the certificate at this time; empty: it is valid. */
    Optional<String> invalid(Instant now) {
        Instant begin = certificate.getNotBefore().toInstant();
        Instant end = certificate.getNotAfter().toInstant();
        if (now.isBefore(begin)) {
            return Optional.of("is not valid before " + begin);
        }
        return now.isAfter(end) ? Optional.of("has expired at " + end) : Optional.empty();
    }

    private static WatchedFile certificates(TlsSettings settings) {
        return new WatchedFile("TLS_CERT_FILE", settings.certificates());
    }

    private static WatchedFile key(TlsSettings settings) {
        return new WatchedFile("TLS_KEY_FILE", settings.key());
    }

    private static PrivateKey privateKey(PemKeyCertOptions identity, X509Certificate own, WatchedFile key, Vertx vertx)
            throws UnusableFileException {
        try {
            X509KeyManager manager =
                    (X509KeyManager) identity.getKeyManagerFactory(vertx).getKeyManagers()[0];
            String[] aliases = manager.getServerAliases(own.getPublicKey().getAlgorithm(), null);
            if (aliases != null) {
                return manager.getPrivateKey(aliases[0]);
            }
        } catch (Exception e) { // whatever the parser throws; its message may quote the file
            // Falls through.
        }
        throw key.unusable("holds no RSA or EC private key in PEM form, or an encrypted one");
    }
}
