package dev.hotcold.cold.pool;

import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import java.util.List;

/**
 * One open connection to PostgreSQL, with one query in flight at most.
 *
 * <p>Confined to: its event loop.
 */
public interface PostgresConnection {

    /**
     * Reads users. The future never fails: how a query ends is a value.
     *
     * @param ids none: a probe, which shows that the table can be read
     */
    Future<QueryOutcome> query(List<UserId> ids);

    /**
     * Sends PostgreSQL a request to cancel the query in flight, which still ends in its own way. The request may arrive after
     * that, and then hits whatever query the connection runs by then. Fails with a {@link PostgresProblem}.
     */
    Future<Void> cancel();

    /** Whether another server is to be used by now instead of the one that it leads to. */
    default boolean isSuperseded() {
        return false;
    }

    /** Whether what it reads may lack changes that the change feed has told already: it leads to a standby. */
    default boolean isBehind() {
        return false;
    }

    /** Sets what runs when the connection has closed, from either side. Replaces what was set before. */
    void onClose(Runnable action);

    /** Says goodbye; the server closes the connection. One that is frozen or gone does not. */
    void close();

    /** Closes the socket at once, without waiting for the query or for the server. */
    void abandon();
}
