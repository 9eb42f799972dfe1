package dev.hotcold.hot;

import dev.hotcold.hot.batch.ReadLimits;
import dev.hotcold.hot.connection.RedisEndpoint;
import dev.hotcold.hot.layout.CacheSettings;
import dev.hotcold.hot.link.LinkSettings;
import java.time.Duration;

/**
 * How Redis is reached and what is stored there.
 *
 * @param endpoint where it is and how to log in
 * @param dialTimeout the longest for one connection attempt, handshake included
 * @param eagerConnections connections opened before the service is ready, at most one per event loop; the others open with
 *     their first lookup
 * @param link how requests are timed and repeated
 * @param reads bounds of reads
 * @param cache what is stored, and for how long
 * @param nearEntries users that each event loop keeps in its near cache at most; 0 = none
 */
public record RedisSettings(
        RedisEndpoint endpoint,
        Duration dialTimeout,
        int eagerConnections,
        LinkSettings link,
        ReadLimits reads,
        CacheSettings cache,
        int nearEntries) {

    /** Whether the server is one that this process starts itself. */
    public boolean isEmbedded() {
        return endpoint.isEmbedded();
    }

    /** The same settings for the embedded server that listens on {@code port}. */
    public RedisSettings onPort(int port) {
        return new RedisSettings(endpoint.onPort(port), dialTimeout, eagerConnections, link, reads, cache, nearEntries);
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        return endpoint.toString();
    }
}
