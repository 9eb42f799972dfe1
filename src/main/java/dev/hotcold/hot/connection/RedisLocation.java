package dev.hotcold.hot.connection;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** Where a Redis is found. */
public sealed interface RedisLocation {

    /**
     * At one address.
     *
     * @param host name or address
     * @param port 1 to 65535; 0 = an embedded server, whose port is known once it has started
     */
    record Server(String host, int port) implements RedisLocation {

        /** As in a URL: an IPv6 address in brackets. */
        @Override
        public String toString() {
            return (host.contains(":") ? "[" + host + "]" : host) + ":" + port;
        }
    }

    /**
     * Where Sentinels say that the primary is; asked for each connection.
     *
     * @param servers the Sentinels, at least one; the first that answers is believed
     * @param primary the name by which they watch it
     * @param username to log in to the Sentinels; empty: the default user
     * @param password of the Sentinels; empty: no authentication
     * @see <a href="https://redis.io/docs/latest/develop/reference/sentinel-clients/">Guidelines for Sentinel clients</a>
     */
    record Sentinels(List<Server> servers, String primary, Optional<String> username, Optional<String> password)
            implements RedisLocation {

        /** Within this time of one of them all know another primary. */
        public static final Duration ALL_KNOW = Duration.ofSeconds(15);

        /** Never shows the password. */
        @Override
        public String toString() {
            return servers.stream().map(Server::toString).collect(Collectors.joining(","));
        }
    }
}
