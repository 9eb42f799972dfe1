package dev.hotcold.cold.driver;

import dev.hotcold.cold.pool.PostgresConnection;
import dev.hotcold.cold.pool.PostgresProblem;
import dev.hotcold.cold.pool.QueryOutcome;
import dev.hotcold.cold.pool.UserRow;
import dev.hotcold.table.Resolution;
import dev.hotcold.table.UserSelect;
import dev.hotcold.table.UsersTable;
import dev.hotcold.user.UserId;
import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.pgclient.PgConnection;
import io.vertx.sqlclient.Row;
import io.vertx.sqlclient.RowSet;
import java.nio.charset.CharacterCodingException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A connection by the Vert.x client.
 *
 * <p>A statement that was prepared may have become useless: the type of a column has changed, or a pooler has given the session to
 * somebody else. Then it is prepared anew, and the query sent once more, which nobody notices. The driver has no way to drop a
 * statement that it keeps (it does so itself, but only if the server speaks English); so the new one has a comment in its text that
 * tells them apart, and the driver closes the old one when it has too many.
 *
 * <p>Confined to: its event loop.
 */
final class PgClientConnection implements PostgresConnection {

    /**
     * How users are read from the table as one connection has found it, for all connections of the loop: a new one need not ask
     * the catalog again. Found anew by each probe, and when a query shows that the table is another.
     *
     * <p>Confined to: its event loop.
     */
    static final class KnownTable {

        /** Null = it is to be looked at anew. */
        private @Nullable UserSelect select;
    }

    private static final Logger LOG = LoggerFactory.getLogger(PgClientConnection.class);

    private final PgConnection connection;
    private final PgTransport transport;
    private final String host;
    private final KnownTable table;
    private String label = "";
    private int prepared;

    /** The last query was repeated with a statement of its own, and failed for the same reason. */
    private boolean preparesInVain;

    /**
     * @param transport belongs to this connection only
     * @param host of PostgreSQL, as the settings call it
     * @param table shared by the connections of the loop
     */
    PgClientConnection(PgConnection connection, PgTransport transport, String host, KnownTable table) {
        this.connection = connection;
        this.transport = transport;
        this.host = host;
        this.table = table;
        // Without a handler the driver prints to the console; the query or the close handler tells what matters.
        connection.exceptionHandler(failure -> LOG.debug("A PostgreSQL connection failed", failure));
        // The same for notices, each of which it would log.
        connection.noticeHandler(notice -> LOG.debug("PostgreSQL notes: {}", notice.getMessage()));
    }

    /** A probe also looks anew what the table is. */
    @Override
    public Future<QueryOutcome> query(List<UserId> ids) {
        UserSelect known = table.select;
        return known == null || ids.isEmpty() ? resolveAndQuery(ids, 0) : query(known, ids, 0);
    }

    /** @param times how often these ids were sent before */
    private Future<QueryOutcome> resolveAndQuery(List<UserId> ids, int times) {
        return UserQuery.resolve(connection).transform(ended -> {
            if (ended.failed()) {
                return Future.succeededFuture(PgProblems.outcome(ended.cause(), host, ids, ""));
            }
            return switch (ended.result()) {
                case Resolution.Missing missing -> {
                    // A search path that ALTER ROLE sets is that of new sessions only.
                    connection.close();
                    yield Future.succeededFuture(new QueryOutcome.ErrorReply(missing.advice()));
                }
                case Resolution.Resolved(UsersTable resolved) -> {
                    Optional<String> problem = resolved.problem();
                    if (problem.isPresent()) {
                        yield Future.succeededFuture(new QueryOutcome.ErrorReply(problem.get()));
                    }
                    UserSelect found = UserSelect.of(resolved);
                    table.select = found;
                    yield query(found, ids, times);
                }
            };
        });
    }

    private Future<QueryOutcome> query(UserSelect form, List<UserId> ids, int times) {
        List<UserId> asked = form.asked(ids);
        if (asked.isEmpty() && !ids.isEmpty()) {
            return Future.succeededFuture(new QueryOutcome.NotAsked(form.match()));
        }
        return run(form, asked, UserQuery::run).transform(ended -> {
            boolean isOld = ended.failed() && PgProblems.isOfTheTable(ended.cause());
            QueryOutcome outcome = outcome(form, ended, asked, ids.size() - asked.size());
            // The table is another than it was: what came was not found as it should have been.
            if ((isOld || hasOthers(outcome, asked)) && times == 0) {
                return resolveAndQuery(ids, 1);
            }
            return rows(outcome).stream().anyMatch(UserQuery::isDoubtful)
                    ? withoutDoubt(form, outcome, asked, ids.size() - asked.size())
                    : Future.succeededFuture(outcome);
        });
    }

    private static boolean hasOthers(QueryOutcome outcome, List<UserId> asked) {
        List<UserRow> rows = rows(outcome);
        if (rows.isEmpty()) {
            return false;
        }
        Set<String> known = asked.stream().map(UserId::value).collect(Collectors.toSet());
        return rows.stream().anyMatch(row -> !known.contains(row.userId()));
    }

    /** Sends one of the forms of the query. */
    private interface Form {

        Future<RowSet<Row>> send(PgConnection connection, UserSelect select, String label, List<UserId> ids);
    }

    private Future<RowSet<Row>> run(UserSelect known, List<UserId> ids, Form form) {
        return form.send(connection, known, label, ids)
                .recover(failure -> {
                    if (!PgProblems.isOfTheStatement(failure)) {
                        return Future.failedFuture(failure);
                    }
                    label = " /* " + ++prepared + " */";
                    // What has changed may be the type of user_id: the next query looks.
                    table.select = null;
                    if (preparesInVain) {
                        return Future.failedFuture(failure);
                    }
                    preparesInVain = true;
                    return form.send(connection, known, label, ids);
                })
                .onSuccess(_ -> preparesInVain = false);
    }

    private QueryOutcome outcome(UserSelect form, AsyncResult<RowSet<Row>> ended, List<UserId> ids, int unasked) {
        if (ended.failed()) {
            return PgProblems.outcome(ended.cause(), host, ids, form.grant());
        }
        try {
            return answered(form, UserQuery.rows(form, ended.result()), unasked);
        } catch (RuntimeException notText) { // as the driver throws it: a table not made by our migrations
            return new QueryOutcome.ErrorReply(
                    "a column of the table \"users\" is not of a text type: " + notText.getMessage());
        }
    }

    private QueryOutcome answered(UserSelect form, List<UserRow> rows, int unasked) {
        return transport.hasCut()
                ? new QueryOutcome.Cut(rows, transport.rowBytes())
                : new QueryOutcome.Answered(rows, transport.rowBytes(), unasked, form.match());
    }

    private static List<UserRow> rows(QueryOutcome outcome) {
        return switch (outcome) {
            case QueryOutcome.Answered answered -> answered.rows();
            case QueryOutcome.Cut cut -> cut.rows();
            case QueryOutcome.NotAsked _,
                    QueryOutcome.RowError _,
                    QueryOutcome.ErrorReply _,
                    QueryOutcome.Cancelled _,
                    QueryOutcome.Disconnected _ -> List.of();
        };
    }

    /** Reads the users of an answer once more, for the bytes of their texts. */
    private Future<QueryOutcome> withoutDoubt(UserSelect form, QueryOutcome first, List<UserId> ids, int unasked) {
        Set<String> seen = rows(first).stream().map(UserRow::userId).collect(Collectors.toSet());
        List<UserId> again =
                ids.stream().filter(id -> seen.contains(id.value())).toList();
        boolean wasCut = first instanceof QueryOutcome.Cut;
        return run(form, again, UserQuery::runForBytes).transform(ended -> {
            if (ended.failed()) {
                return Future.succeededFuture(PgProblems.outcome(ended.cause(), host, ids, form.grant()));
            }
            try {
                List<UserRow> rows = UserQuery.rowsOfBytes(form, ended.result());
                return Future.succeededFuture(
                        wasCut ? new QueryOutcome.Cut(rows, transport.rowBytes()) : answered(form, rows, unasked));
            } catch (CharacterCodingException notUtf8) {
                return Future.succeededFuture(
                        new QueryOutcome.RowError("a text of the table \"users\" is not valid UTF-8"));
            }
        });
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
