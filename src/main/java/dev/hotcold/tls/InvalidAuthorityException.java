package dev.hotcold.tls;

import java.security.cert.CertificateException;

/** The authority that signed a certificate is one of those trusted, but its own certificate is not valid at this time. */
public final class InvalidAuthorityException extends CertificateException {

    private static final long serialVersionUID = 1;

    public InvalidAuthorityException(CertificateException invalid) {
        super(invalid.getMessage());
    }
}
