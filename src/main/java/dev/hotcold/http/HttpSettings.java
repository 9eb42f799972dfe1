package dev.hotcold.http;

import dev.hotcold.http.access.AccessSettings;
import dev.hotcold.http.response.LookupHeaders;
import dev.hotcold.http.response.ResponseStyle;
import java.time.Duration;

/**
 * The public HTTP server.
 *
 * @param port TCP port on all interfaces; 0 = any free one
 * @param timeouts how long clients may take
 * @param limits how much clients may use
 * @param responseStyle what {@code code} and {@code message} say
 * @param bypass whether {@code Cache-Control: no-cache} makes a lookup read the database
 * @param access who may connect and look up
 * @param cacheTime how long HTTP caches may keep a user; 0 = not at all
 */
public record HttpSettings(
        int port,
        HttpTimeouts timeouts,
        HttpLimits limits,
        ResponseStyle responseStyle,
        boolean bypass,
        AccessSettings access,
        Duration cacheTime) {

    /** What the responses to lookups say to caches and to browsers. */
    public LookupHeaders lookupHeaders() {
        return new LookupHeaders(cacheTime, access, bypass);
    }

    /** The same, for so many connections. */
    public HttpSettings withConnections(int most) {
        return new HttpSettings(port, timeouts, limits.withConnections(most), responseStyle, bypass, access, cacheTime);
    }
}
