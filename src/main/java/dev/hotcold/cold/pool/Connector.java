package dev.hotcold.cold.pool;

import io.vertx.core.Future;

/**
 * Opens connections to PostgreSQL.
 *
 * <p>Confined to: its event loop.
 */
@FunctionalInterface
public interface Connector {

    /** Opens a connection, or fails with a {@link PostgresProblem} within a bounded time. */
    Future<PostgresConnection> connect();

    /** Whether what it has opened last is second best: then connections are probed more often. */
    default boolean isProvisional() {
        return false;
    }
}
