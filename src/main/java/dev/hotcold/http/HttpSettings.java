package dev.hotcold.http;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * The public HTTP server.
 *
 * @param port TCP port on all interfaces; 0 = any free one
 * @param readTimeout the longest from the first byte of a request to the last of its headers; zero = no limit
 * @param writeTimeout the longest a client may leave a response unread; zero = no limit
 * @param idleTimeout a connection with no traffic for this long is closed; zero = no limit
 * @param limits what clients may take
 * @param responseStyle what {@code code} and {@code message} say
 * @param bypass whether {@code Cache-Control: no-cache} makes a lookup go to the database
 * @param tls empty: plain HTTP
 * @param apiKeys file of the keys that lookups must present; empty: they need none
 */
public record HttpSettings(
        int port,
        Duration readTimeout,
        Duration writeTimeout,
        Duration idleTimeout,
        HttpLimits limits,
        ResponseStyle responseStyle,
        boolean bypass,
        Optional<TlsSettings> tls,
        Optional<Path> apiKeys) {}
