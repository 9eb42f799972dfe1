package dev.hotcold.cold;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How PostgreSQL is reached.
 *
 * @param host name or address
 * @param port 1 to 65535; 0 = an embedded server, whose port is known once it has started
 * @param database name of the database
 * @param user role to log in as
 * @param password empty: none is sent
 * @param sslMode how far the connection is protected
 * @param rootCertificate PEM file of the authorities that verify-ca and verify-full trust; empty: those of the JDK
 * @param maxConnections upper bound of connections over all event loops; 1 or more
 * @param maxWaiting upper bound, over all event loops, of reads that wait for a query; 1 or more
 * @param healthCheckPeriod how often PostgreSQL is probed, and connections that are too old or idle are closed
 * @param maxConnectionIdle a connection unused for this long is closed; zero = no limit
 * @param maxConnectionLifetime a connection older than this is closed once it is idle; zero = no limit
 */
public record PostgresSettings(
        String host,
        int port,
        String database,
        String user,
        Optional<String> password,
        SslMode sslMode,
        Optional<Path> rootCertificate,
        int maxConnections,
        int maxWaiting,
        Duration healthCheckPeriod,
        Duration maxConnectionIdle,
        Duration maxConnectionLifetime) {

    /** libpq's levels of protection. */
    public enum SslMode {
        /** No encryption. */
        DISABLE,
        /** Encryption where the server offers it. */
        PREFER,
        /** Encryption, with whoever answers. */
        REQUIRE,
        /** Encryption, with a server whose certificate a trusted authority signed. */
        VERIFY_CA,
        /** As {@link #VERIFY_CA}, and the certificate names the host. */
        VERIFY_FULL
    }

    /** Whether the server is one that this process starts itself. */
    public boolean isEmbedded() {
        return port == 0;
    }

    /** The same settings for the embedded server that listens on {@code port}. */
    public PostgresSettings onPort(int port) {
        return new PostgresSettings(
                host,
                port,
                database,
                user,
                password,
                sslMode,
                rootCertificate,
                maxConnections,
                maxWaiting,
                healthCheckPeriod,
                maxConnectionIdle,
                maxConnectionLifetime);
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        return "postgres://" + user + "@" + host + ":" + port + "/" + database;
    }
}
