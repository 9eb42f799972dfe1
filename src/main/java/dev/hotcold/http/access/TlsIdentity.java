package dev.hotcold.http.access;

import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import io.vertx.core.net.ServerSSLOptions;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
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
public record TlsIdentity(PemKeyCertOptions identity, Optional<PemTrustOptions> clients, X509Certificate certificate) {

    private static final String PEM_BEGIN = "-----BEGIN CERTIFICATE-----";

    /** How long before a certificate expires there is a warning. */
    private static final Duration EXPIRES_SOON = Duration.ofDays(14);

    /** The files that {@link #load} reads. */
    static List<WatchedFile> files(TlsSettings settings) {
        WatchedFile certificates = certificates(settings);
        WatchedFile key = key(settings);
        return clientAuthority(settings)
                .map(authority -> List.of(certificates, key, authority))
                .orElseGet(() -> List.of(certificates, key));
    }

    /** Reads the files. Blocks. */
    static TlsIdentity load(TlsSettings settings, Vertx vertx) throws UnusableFileException {
        WatchedFile certificates = certificates(settings);
        WatchedFile key = key(settings);
        byte[] chain = certificates.read();
        X509Certificate own = parse(certificates, chain);
        PemKeyCertOptions identity =
                new PemKeyCertOptions().addCertValue(Buffer.buffer(chain)).addKeyValue(Buffer.buffer(key.read()));
        if (!matches(own.getPublicKey(), privateKey(identity, own, key, vertx))) {
            throw key.unusable("is not the key of the first certificate in " + certificates.path() + " ("
                    + certificates.setting() + ")");
        }
        Optional<WatchedFile> authority = clientAuthority(settings);
        return new TlsIdentity(
                identity, authority.isPresent() ? Optional.of(trust(authority.get())) : Optional.empty(), own);
    }

    /** The options of a server with this identity. */
    public ServerSSLOptions options() {
        ServerSSLOptions options = new ServerSSLOptions();
        options.setKeyCertOptions(identity);
        clients.ifPresent(
                authorities -> options.setClientAuth(ClientAuth.REQUIRED).setTrustOptions(authorities));
        return options;
    }

    /** What an operator should know about the certificate's validity; empty: it does not expire soon. */
    Optional<String> expiryWarning(Instant now) {
        Instant begin = certificate.getNotBefore().toInstant();
        Instant end = certificate.getNotAfter().toInstant();
        if (now.isBefore(begin)) {
            return Optional.of("is not valid before " + begin);
        }
        if (now.isAfter(end)) {
            return Optional.of("has expired at " + end);
        }
        return now.plus(EXPIRES_SOON).isAfter(end) ? Optional.of("expires at " + end) : Optional.empty();
    }

    private static WatchedFile certificates(TlsSettings settings) {
        return new WatchedFile("TLS_CERT_FILE", settings.certificates());
    }

    private static WatchedFile key(TlsSettings settings) {
        return new WatchedFile("TLS_KEY_FILE", settings.key());
    }

    private static Optional<WatchedFile> clientAuthority(TlsSettings settings) {
        return settings.clientAuthority().map(path -> new WatchedFile("TLS_CLIENT_CA_FILE", path));
    }

    private static PemTrustOptions trust(WatchedFile authority) throws UnusableFileException {
        byte[] certificates = authority.read();
        parse(authority, certificates);
        return new PemTrustOptions().addCertValue(Buffer.buffer(certificates));
    }

    /** The first certificate of a PEM file whose certificates can all be read. */
    private static X509Certificate parse(WatchedFile file, byte[] pem) throws UnusableFileException {
        if (!new String(pem, StandardCharsets.ISO_8859_1).contains(PEM_BEGIN)) {
            // The JDK reads other forms too, but Vert.x does not.
            throw file.unusable("holds no certificate in PEM form: nothing in it says " + PEM_BEGIN);
        }
        try {
            Collection<? extends Certificate> certificates =
                    CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem));
            if (!certificates.isEmpty() && certificates.iterator().next() instanceof X509Certificate first) {
                return first;
            }
        } catch (CertificateException e) {
            // Falls through: which error it is would not help an operator.
        }
        throw file.unusable("holds no certificate in PEM form, or a damaged one");
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

    private static boolean matches(PublicKey publicKey, PrivateKey privateKey) {
        String algorithm = publicKey.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        try {
            byte[] text = {1, 2, 3};
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(privateKey);
            signature.update(text);
            byte[] signed = signature.sign();
            signature.initVerify(publicKey);
            signature.update(text);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
