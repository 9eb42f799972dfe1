package dev.hotcold.cold.trust;

import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * How far connections to PostgreSQL are protected.
 *
 * @param setting the one that says so, for messages
 * @param sslMode the level of protection
 * @param rootCertificate PEM file of the authorities that are trusted; empty: where a certificate is verified, those of the JDK
 * @param client what the service shows of itself when it is asked; empty: nothing
 * @param versions of TLS
 * @param channelBinding whether a login is bound to the encrypted connection
 */
public record PostgresTrust(
        String setting,
        SslMode sslMode,
        Optional<Path> rootCertificate,
        Optional<ClientCertificate> client,
        TlsVersions versions,
        ChannelBinding channelBinding) {

    /** libpq's levels of protection. */
    public enum SslMode {
        /** No encryption. */
        DISABLE,
        /** Encryption where the server demands it. */
        ALLOW,
        /** Encryption where the server offers it. */
        PREFER,
        /** Encryption, with any server that answers; where authorities are named, as {@link #VERIFY_CA}. */
        REQUIRE,
        /** Encryption, with a server whose certificate a trusted authority signed. */
        VERIFY_CA,
        /** As {@link #VERIFY_CA}, and the certificate names the host. */
        VERIFY_FULL;

        /** As a URL names it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }
    }

    /** Whether a login by SCRAM proves that nobody sits between, who has decrypted the connection and encrypted it again. */
    public enum ChannelBinding {
        DISABLE,
        /** Where both sides can. */
        PREFER,
        /** Otherwise there is no login. */
        REQUIRE;

        /** As a URL names it. */
        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** One level of protection, and defaults for the rest. */
    public PostgresTrust(String setting, SslMode sslMode, Optional<Path> rootCertificate) {
        this(setting, sslMode, rootCertificate, Optional.empty(), TlsVersions.DEFAULT, ChannelBinding.PREFER);
    }

    /** Whether an encrypted connection needs a certificate of a trusted authority: as in libpq, wherever one is named. */
    public boolean verifiesCertificate() {
        return rootCertificate.isPresent() || sslMode == SslMode.VERIFY_CA || verifiesHost();
    }

    /** Whether the certificate must name the host. */
    public boolean verifiesHost() {
        return sslMode == SslMode.VERIFY_FULL;
    }

    /**
     * What is tried, one after the other: true = encrypted.
     *
     * @param isUnixSocket on which nothing is encrypted, whatever is asked for
     */
    public List<Boolean> attempts(boolean isUnixSocket) {
        if (isUnixSocket) {
            return List.of(false);
        }
        return switch (sslMode) {
            case DISABLE -> List.of(false);
            case ALLOW -> List.of(false, true);
            case PREFER -> List.of(true, false);
            case REQUIRE, VERIFY_CA, VERIFY_FULL -> List.of(true);
        };
    }
}
