package dev.hotcold.cold;

import io.netty.channel.Channel;
import io.vertx.core.Future;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import io.vertx.sqlclient.impl.SocketConnectionBase;
import io.vertx.sqlclient.internal.SqlConnectionInternal;
import java.util.List;

/**
 * One open PostgreSQL connection, with one query in flight at most.
 *
 * <p>Confined to: its event loop.
 */
final class PgLane {

    private final PgConnection connection;
    private final Runnable closeClient;
    private final long openedAt;
    private long idleSince;
    private boolean overdue;

    /** @param closeClient closes the TCP client that belongs to this connection alone */
    PgLane(PgConnection connection, Runnable closeClient, long now) {
        this.connection = connection;
        this.closeClient = closeClient;
        this.openedAt = now;
        this.idleSince = now;
    }

    /** Calls an action when the connection has closed, by whomever. */
    void onClose(Runnable action) {
        connection.closeHandler(closed -> {
            closeClient.run();
            action.run();
        });
    }

    Future<RowSet<Row>> query(List<ColdQueue.Read> reads) {
        return UserQuery.run(connection, reads);
    }

    /** The query ended. */
    void rest(long now) {
        idleSince = now;
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

    /** Nanoseconds without a query. Meaningful while it rests. */
    long idleNanos(long now) {
        return now - idleSince;
    }

    /** Nanoseconds since it opened. */
    long ageNanos(long now) {
        return now - openedAt;
    }

    /** Says goodbye and closes. */
    Future<Void> close() {
        return connection.close();
    }

    /**
     * Closes the socket without waiting for the query or for the server. The client offers no such call: its own waits
     * its turn behind a query that may never end, and every close that goes through its pipeline ends at its codec, which
     * says goodbye, closes one direction and leaves the rest to a server that may be frozen or gone.
     */
    void abandon() {
        SqlConnectionInternal internal = (SqlConnectionInternal) connection;
        Channel channel = ((SocketConnectionBase) internal.unwrap().unwrap())
                .socket()
                .channelHandlerContext()
                .channel();
        channel.unsafe().close(channel.unsafe().voidPromise());
    }
}
