package dev.hotcold.hot.connection;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Where a Redis is and how to log in.
 *
 * @param host name or address
 * @param port 1 to 65535; 0 = an embedded server, whose port is known once it has started
 * @param tls whether the connection is encrypted and the server's certificate and name are verified
 * @param authority PEM file of the authorities that are trusted with {@code tls}; empty: those of the JDK
 * @param username empty: the default user
 * @param password empty: no authentication
 * @param database number of the logical database, 0 or more
 */
public record RedisEndpoint(
        String host,
        int port,
        boolean tls,
        Optional<Path> authority,
        Optional<String> username,
        Optional<String> password,
        int database) {

    /** Whether the server is one that this process starts itself. */
    public boolean isEmbedded() {
        return port == 0;
    }

    /** The same endpoint on another port: that of the embedded server. */
    public RedisEndpoint onPort(int otherPort) {
        return new RedisEndpoint(host, otherPort, tls, authority, username, password, database);
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        return (tls ? "rediss://" : "redis://") + host + ":" + port + "/" + database;
    }
}
