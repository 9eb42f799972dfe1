package dev.hotcold.hot;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * How Redis is reached and what is stored there.
 *
 * @param host name or address
 * @param port 1 to 65535; 0 = an embedded server, whose port is known once it has started
 * @param tls whether the connection is encrypted and the server's certificate and name are verified
 * @param authority PEM file of the authorities that are trusted with {@code tls}; empty: those of the JDK
 * @param username empty: the default user
 * @param password empty: no authentication
 * @param database number of the logical database, 0 or more
 * @param dialTimeout the longest for one connection attempt, handshake included
 * @param readTimeout the longest a batch of reads waits for its reply once sent
 * @param writeTimeout the longest a fill waits for its reply once sent
 * @param maxBatchesInFlight upper bound, over all event loops, of read batches that wait for a reply
 * @param eagerConnections connections opened before the service says it is ready, at most one per event loop; the
 *     others open with their first lookup
 * @param queueTimeout the longest a read waits to be sent while the bound of batches is reached
 * @param maxResends how often a batch is sent again when its connection broke before the reply; 0 = never
 * @param maxIdle a connection unused for this long is replaced by a new one; zero = never
 * @param timeToLive how long a stored user lives at most; zero = no expiry
 * @param staleTime how much longer a stored user is kept than it may be served, for when the database fails; zero = not
 * @param earlyRefresh whether a user that is asked for is read anew shortly before its time ends
 * @param jitterPercent each user lives up to this much shorter, so that what was stored together does not expire together;
 *     0 to 90
 * @param negative when it is noted that a user does not exist
 * @param negativeTimeToLive how long such a note lives; positive
 * @param nearEntries users that each event loop keeps in its own memory at most; 0 = none
 */
public record RedisSettings(
        String host,
        int port,
        boolean tls,
        Optional<Path> authority,
        Optional<String> username,
        Optional<String> password,
        int database,
        Duration dialTimeout,
        Duration readTimeout,
        Duration writeTimeout,
        int maxBatchesInFlight,
        int eagerConnections,
        Duration queueTimeout,
        int maxResends,
        Duration maxIdle,
        Duration timeToLive,
        Duration staleTime,
        boolean earlyRefresh,
        int jitterPercent,
        NegativeEntries negative,
        Duration negativeTimeToLive,
        int nearEntries) {

    /** When it is noted that a user does not exist. */
    public enum NegativeEntries {
        /** While the change feed runs, which removes the note with the user's insertion. */
        AUTO,
        /** Always. */
        ON,
        /** Never. */
        OFF
    }

    /** Whether the server is one that this process starts itself. */
    public boolean isEmbedded() {
        return port == 0;
    }

    /** The same settings for the embedded server that listens on {@code port}. */
    public RedisSettings onPort(int port) {
        return new RedisSettings(
                host,
                port,
                tls,
                authority,
                username,
                password,
                database,
                dialTimeout,
                readTimeout,
                writeTimeout,
                maxBatchesInFlight,
                eagerConnections,
                queueTimeout,
                maxResends,
                maxIdle,
                timeToLive,
                staleTime,
                earlyRefresh,
                jitterPercent,
                negative,
                negativeTimeToLive,
                nearEntries);
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        return (tls ? "rediss://" : "redis://") + host + ":" + port + "/" + database;
    }
}
