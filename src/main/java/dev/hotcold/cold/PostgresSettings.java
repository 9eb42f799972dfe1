package dev.hotcold.cold;

import dev.hotcold.cold.driver.PostgresEndpoint;
import dev.hotcold.cold.pool.PoolSettings;
import dev.hotcold.cold.pooler.Pooler;
import dev.hotcold.cold.trust.PostgresTrust;

/**
 * How PostgreSQL is reached.
 *
 * @param endpoint where it is
 * @param trust how far connections are protected
 * @param pool bounds of the connection pools
 * @param pooler what is said of a pooler in between
 */
public record PostgresSettings(PostgresEndpoint endpoint, PostgresTrust trust, PoolSettings pool, Pooler pooler) {

    /** Whether the server is one that this process starts itself. */
    public boolean isEmbedded() {
        return endpoint.port() == 0;
    }

    /** The same settings for the embedded server that listens on {@code port}. */
    public PostgresSettings onPort(int port) {
        return new PostgresSettings(endpoint.onPort(port), trust, pool, pooler);
    }

    /** The same settings for a use that needs the primary, whatever they say. */
    public PostgresSettings forPrimary() {
        return new PostgresSettings(endpoint.forPrimary(), trust, pool, pooler);
    }

    /** Never shows the password. */
    @Override
    public String toString() {
        return endpoint.toString();
    }
}
