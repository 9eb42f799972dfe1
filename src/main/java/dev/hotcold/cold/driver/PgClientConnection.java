package dev.hotcold.cold.driver;

import dev.hotcold.cold.pool.PostgresConnection;
import dev.hotcold.cold.pool.PostgresProblem;
import dev.hotcold.cold.pool.QueryOutcome;
import dev.hotcold.user.UserId;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection by the Vert.x client.
 *
 * <p>Confined to: its event loop.
 */
final class PgClientConnection implements PostgresConnection {

    private static final Logger LOG = LoggerFactory.getLogger(PgClientConnection.class);

    private final PgConnection connection;
    private final PgTransport transport;
    private final String host;

    /**
     * @param transport belongs to this connection only
     * @param host of PostgreSQL, as the settings call it
     */
    PgClientConnection(PgConnection connection, PgTransport transport, String host) {
        this.connection = connection;
        this.transport = transport;
        this.host = host;
        // Without a handler the driver prints to the console; the query or the close handler tells what matters.
        connection.exceptionHandler(failure -> LOG.debug("A PostgreSQL connection failed", failure));
        // The same for notices, each of which it would log.
        connection.noticeHandler(notice -> LOG.debug("PostgreSQL notes: {}", notice.getMessage()));
    }

    @Override
    public Future<QueryOutcome> query(List<UserId> ids) {
        return UserQuery.run(connection, ids).transform(ended -> Future.succeededFuture(outcome(ended, ids)));
    }

    private QueryOutcome outcome(AsyncResult<RowSet<Row>> ended, List<UserId> ids) {
        if (ended.failed()) {
            return PgProblems.outcome(ended.cause(), host, ids);
        }
        try {
            return new QueryOutcome.Answered(UserQuery.rows(ended.result()));
        } catch (RuntimeException notText) { // as the driver throws it: a table not made by our migrations
            return new QueryOutcome.ErrorReply(
                    "a column of the table \"users\" is not of a text type: " + notText.getMessage());
        }
    }

    @Override
    public Future<Void> cancel() {
        return connection
                .cancelRequest()
                .recover(failure -> Future.failedFuture(new PostgresProblem(PgProblems.describe(failure, host))));
    }

    @Override
    public void onClose(Runnable action) {
        connection.closeHandler(_ -> {
            transport.closeNow();
            action.run();
        });
    }

    @Override
    public void close() {
        connection.close();
    }

    @Override
    public void abandon() {
        transport.closeNow();
    }
}
