package dev.hotcold.cold.driver;

import dev.hotcold.tls.AuthorityFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * How far connections to PostgreSQL are protected.
 *
 * @param sslMode the level of protection
 * @param rootCertificate PEM file of the authorities that verify-ca and verify-full trust; empty: those of the JDK
 */
public record PostgresTrust(SslMode sslMode, Optional<Path> rootCertificate) {

    /** libpq's levels of protection. */
    public enum SslMode {
        /** No encryption. */
        DISABLE,
        /** Encryption where the server offers it. */
        PREFER,
        /** Encryption, with any server that answers. */
        REQUIRE,
        /** Encryption, with a server whose certificate a trusted authority signed. */
        VERIFY_CA,
        /** As {@link #VERIFY_CA}, and the certificate names the host. */
        VERIFY_FULL
    }

    /**
     * Fails where the file of authorities is needed and cannot be read: libraries would wait for the writer of a pipe for ever.
     *
     * @throws IOException with words for an operator
     */
    public void checkFile() throws IOException {
        boolean verifies = sslMode == SslMode.VERIFY_CA || sslMode == SslMode.VERIFY_FULL;
        if (verifies && rootCertificate.isPresent()) {
            try {
                AuthorityFile.checkRegular(rootCertificate.get());
            } catch (IOException unusable) {
                throw new IOException("sslrootcert in DATABASE_URL: " + unusable.getMessage(), unusable);
            }
        }
    }
}
