package dev.hotcold.cold.trust;

import dev.hotcold.tls.InvalidAuthorityException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Whether a server's certificate is good, as libpq has it: the JDK says whether a trusted authority signed it. What the JDK takes
 * otherwise is checked here: an authority's own certificate, which may be the server's, is no longer trusted once it has expired;
 * and a host may have a name that is none of the web's.
 */
final class ServerCheck extends X509ExtendedTrustManager {

    private final X509ExtendedTrustManager authorities;
    private final Optional<String> host;

    /** @param host that the certificate must name; empty: it may name any */
    ServerCheck(X509ExtendedTrustManager authorities, Optional<String> host) {
        this.authorities = authorities;
        this.host = host;
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        authorities.checkServerTrusted(chain, type, socket);
        check(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        authorities.checkServerTrusted(chain, type, engine);
        check(chain, type);
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
        authorities.checkServerTrusted(chain, type);
        check(chain, type);
    }

    private void check(X509Certificate[] chain, String type) throws CertificateException {
        checkAuthority(chain, type);
        if (host.isPresent() && !ServerName.isIn(chain[0], host.get())) {
            throw new CertificateException("the certificate names others than " + host.get());
        }
    }

    /** The JDK never looks when the certificate of an authority ends: whether the others do without those that have. */
    private void checkAuthority(X509Certificate[] chain, String type) throws CertificateException {
        List<X509Certificate> all = Arrays.asList(authorities.getAcceptedIssuers());
        List<X509Certificate> valid = all.stream().filter(ServerCheck::isValid).toList();
        if (valid.size() == all.size()) {
            return;
        }
        try {
            if (!valid.isEmpty()) {
                TlsPolicy.trusting(valid).checkServerTrusted(chain, type);
                return;
            }
        } catch (CertificateException ofAnInvalidOne) {
            // Falls through.
        } catch (GeneralSecurityException e) {
            throw new CertificateException(e);
        }
        List<X509Certificate> invalid =
                all.stream().filter(Predicate.not(valid::contains)).toList();
        X509Certificate used = invalid.stream()
                .filter(authority -> Arrays.stream(chain)
                        .anyMatch(shown -> shown.equals(authority)
                                || shown.getIssuerX500Principal().equals(authority.getSubjectX500Principal())))
                .findFirst()
                .orElse(invalid.getFirst());
        try {
            used.checkValidity();
        } catch (CertificateException untimely) {
            throw used.equals(chain[0]) ? untimely : new InvalidAuthorityException(untimely);
        }
    }

    private static boolean isValid(X509Certificate certificate) {
        try {
            certificate.checkValidity();
            return true;
        } catch (CertificateException untimely) {
            return false;
        }
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return authorities.getAcceptedIssuers();
    }

    /** It is no server. */
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) throws CertificateException {
        checkClientTrusted(chain, type);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) throws CertificateException {
        checkClientTrusted(chain, type);
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
        throw new CertificateException("no client is expected");
    }
}
