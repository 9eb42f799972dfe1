package dev.hotcold.cold;

import io.vertx.core.Future;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One open PostgreSQL connection, with one query in flight at most.
 *
 * <p>Confined to: its event loop.
 */
final class PgLane {

    private static final Logger LOG = LoggerFactory.getLogger(PgLane.class);

    private final PgConnection connection;
    private final PgTransport transport;
    private final long openedAt;
    private long usedAt;
    private boolean overdue;

    /** @param transport belongs to this connection alone */
    PgLane(PgConnection connection, PgTransport transport, long now) {
        this.connection = connection;
        this.transport = transport;
        // Without a handler the driver prints to the console; the query or the close handler tells what matters.
        connection.exceptionHandler(failure -> LOG.debug("A PostgreSQL connection failed", failure));
        this.openedAt = now;
        this.usedAt = now;
    }

    /** Sets what is called when the connection has closed, by whomever. */
    void onClose(Runnable action) {
        connection.closeHandler(closed -> {
            transport.closeNow();
            action.run();
        });
    }

    /** @param reads none: a probe, which does not count as use */
    Future<RowSet<Row>> query(List<ColdQueue.Read> reads, long now) {
        if (!reads.isEmpty()) {
            usedAt = now;
        }
        return UserQuery.run(connection, reads);
    }

    /** The query ended. */
    void rest() {
        overdue = false;
    }

    /** Whether its query has run past its time. */
    boolean isOverdue() {
        return overdue;
    }

    /** Its query has run out of time: PostgreSQL is asked to stop it. The query still ends in its own way. */
    Future<Void> cancelQuery() {
        overdue = true;
        return connection.cancelRequest();
    }

    /** Nanoseconds since its last query. */
    long idleNanos(long now) {
        return now - usedAt;
    }

    /** Nanoseconds since it opened. */
    long ageNanos(long now) {
        return now - openedAt;
    }

    /** Says goodbye and closes. */
    Future<Void> close() {
        return connection.close();
    }

    /** Closes the socket without waiting for the query or for the server. */
    void abandon() {
        transport.closeNow();
    }
}
