package dev.hotcold.cold.driver;

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
}
