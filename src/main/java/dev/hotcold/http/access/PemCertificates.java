package dev.hotcold.http.access;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.security.cert.Certificate;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.Collection;

/** Reads certificates in PEM form. */
final class PemCertificates {

    private static final String BEGIN = "-----BEGIN CERTIFICATE-----";

    private PemCertificates() {}

    /** The first certificate of a PEM file whose certificates can all be read. */
    static X509Certificate first(WatchedFile file, byte[] pem) throws UnusableFileException {
        if (!new String(pem, StandardCharsets.ISO_8859_1).contains(BEGIN)) {
            // The JDK reads other forms too, but Vert.x does not.
            throw file.unusable("holds no certificate in PEM form: nothing in it says " + BEGIN);
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
}
