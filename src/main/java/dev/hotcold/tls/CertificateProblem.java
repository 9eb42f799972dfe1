package dev.hotcold.tls;

import java.security.cert.CertPathBuilderException;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateException;
import java.security.cert.CertificateExpiredException;
import java.security.cert.CertificateNotYetValidException;
import java.util.Optional;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/** Why a server's certificate was refused, in an operator's words. */
public final class CertificateProblem {

    private CertificateProblem() {}

    /**
     * What a failure to connect says of the server's certificate; empty: nothing.
     *
     * @param host the server as it is called by the settings
     * @param authority where the settings name the file of trusted authorities
     */
    public static Optional<String> describe(@Nullable Throwable failure, String host, String authority) {
        Throwable bottom = failure;
        boolean whileEncrypting = false;
        boolean ofACertificate = false;
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            bottom = cause;
            whileEncrypting |= cause instanceof SSLException;
            ofACertificate |= cause instanceof CertificateException;
        }
        return switch (bottom) {
            case CertificateExpiredException _ -> Optional.of("the certificate of " + host + " has expired");
            case CertificateNotYetValidException _ ->
                Optional.of("the certificate of " + host + " is not valid yet; are both clocks right?");
            case InvalidAuthorityException _ ->
                Optional.of(
                        "the certificate of " + host + " is not trusted, because that of its authority has expired or"
                                + " is not valid yet: replace it in the file named by " + authority);
            case CertPathBuilderException _, CertPathValidatorException _ ->
                Optional.of("the certificate of " + host + " is not trusted: name the file of its authority by "
                        + authority);
            case null, default ->
                whileEncrypting && ofACertificate
                        ? Optional.of("the certificate is not for " + host
                                + ": connect by a name that is in it, or have one made for this name")
                        : Optional.empty();
        };
    }
}
