package dev.hotcold.hot.connection;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * Where a Redis is and how to log in.
 *
 * @param location of the primary
 * @param tls whether connections are encrypted and the server's certificate and name are verified, those to Sentinels too
 * @param authority PEM file of the authorities that are trusted with {@code tls}; empty: those of the JDK
 * @param username empty: the default user
 * @param password empty: no authentication
 * @param database number of the logical database, 0 or more
 */
public record RedisEndpoint(
        RedisLocation location,
        boolean tls,
        Optional<Path> authority,
        Optional<String> username,
        Optional<String> password,
        int database) {

    /** Whether the server is one that this process starts itself. */
    public boolean isEmbedded() {
        return location instanceof RedisLocation.Server server && server.port() == 0;
    }

    /** The same endpoint on another port of this machine: that of the embedded server. */
    public RedisEndpoint onPort(int port) {
        return new RedisEndpoint(
                new RedisLocation.Server("127.0.0.1", port), tls, authority, username, password, database);
    }

    /** The names or addresses of the servers that are known beforehand. */
    public List<String> hosts() {
        return switch (location) {
            case RedisLocation.Server server -> List.of(server.host());
            case RedisLocation.Sentinels sentinels ->
                sentinels.servers().stream().map(RedisLocation.Server::host).toList();
        };
    }

    /** Who is logged in. */
    public String user() {
        return username.orElse("default");
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        String scheme = tls ? "rediss" : "redis";
        return switch (location) {
            case RedisLocation.Server server -> scheme + "://" + server + "/" + database;
            case RedisLocation.Sentinels sentinels ->
                scheme + "-sentinel://" + sentinels + "/" + database + "?master=" + sentinels.primary();
        };
    }
}
