package dev.hotcold.cold.driver;

import dev.hotcold.cold.pool.PostgresConnection;
import dev.hotcold.cold.pool.PostgresProblem;
import dev.hotcold.cold.pool.QueryOutcome;
import dev.hotcold.cold.pool.UserRow;
import dev.hotcold.cold.pooler.LoopSessions;
import dev.hotcold.freshness.KnownDeployment;
import dev.hotcold.table.CatalogQuery;
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
 * <p>Its session may not be its own: a pooler may give it another with each transaction. Where that is so, or not known to be
 * otherwise, each query is one message that needs nothing of the session. Where the session is its own, a statement is prepared once.
 * It may become useless: the type of a column has changed. Then it is prepared anew, and the query sent once more, which nobody
 * notices. The driver has no way to drop a statement that it keeps (it does so itself, but only if the server speaks English); so the
 * new one has a comment in its text that tells them apart, and the driver closes the old one when it has too many. A session that has
 * not got the statement at all is another one.
 *
 * <p>Rows count only if their columns are those of the query and their ids are among those that were asked for.
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

        private final KnownDeployment deployment;

        /** Null = it is to be looked at anew. */
        private @Nullable UserSelect select;

        /** @param deployment gets to know which table it is */
        KnownTable(KnownDeployment deployment) {
            this.deployment = deployment;
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(PgClientConnection.class);

    private static final QueryOutcome FOREIGN = new QueryOutcome.Disconnected(
            "answered with rows that were not asked for, so that the connection was ended: look at what stands between the"
                    + " service and PostgreSQL");

    private final PgConnection connection;
    private final PgTransport transport;
    private final String host;
    private final KnownTable known;
    private final LoopSessions.Session session;
    private String label = "";
    private int prepared;

    /** What brought rows of another query. Not so any more, it was the table that had changed; otherwise it is the session. */
    private @Nullable UserSelect answeredForeign;

    /** The last query was repeated with a statement of its own, and failed for the same reason. */
    private boolean preparesInVain;

    /**
     * @param transport belongs to this connection only
     * @param host of PostgreSQL, as the settings call it
     * @param known shared by the connections of the loop
     * @param sessions of the loop
     */
    PgClientConnection(
            PgConnection connection, PgTransport transport, String host, KnownTable known, LoopSessions sessions) {
        this.connection = connection;
        this.transport = transport;
        this.host = host;
        this.known = known;
        this.session = sessions.open(connection.processId());
        // Without a handler the driver prints to the console; the query or the close handler tells what matters.
        connection.exceptionHandler(failure -> LOG.debug("A PostgreSQL connection failed", failure));
        // The same for notices, each of which it would log.
        connection.noticeHandler(notice -> LOG.debug("PostgreSQL notes: {}", notice.getMessage()));
    }

    /** A probe also looks anew what the table is. */
    @Override
    public Future<QueryOutcome> query(List<UserId> ids) {
        UserSelect select = known.select;
        if (select == null || ids.isEmpty()) {
            return resolveAndQuery(ids, 0);
        }
        return session.isUnknown() ? settleAndQuery(select, ids) : query(select, ids, 0);
    }

    private Future<QueryOutcome> settleAndQuery(UserSelect select, List<UserId> ids) {
        return UserQuery.backend(connection).transform(ended -> {
            if (ended.failed()) {
                return Future.succeededFuture(PgProblems.outcome(ended.cause(), host, ids, ""));
            }
            session.answeredBy(ended.result());
            return query(select, ids, 0);
        });
    }

    /** @param times how often these ids were sent before */
    private Future<QueryOutcome> resolveAndQuery(List<UserId> ids, int times) {
        return UserQuery.resolve(connection, session.catalogQuery()).transform(ended -> {
            if (ended.failed()) {
                return Future.succeededFuture(PgProblems.outcome(ended.cause(), host, ids, ""));
            }
            CatalogQuery.Answerer answerer = CatalogQuery.Answerer.of(ended.result());
            session.answeredBy(answerer.process());
            if (answerer.hasSetPath()) {
                session.hasSetPath();
            }
            return switch (CatalogQuery.parse(ended.result())) {
                case Resolution.Missing missing -> {
                    known.deployment.hasNoTable(
                            CatalogQuery.Place.of(ended.result()).database());
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
                    if (found.equals(answeredForeign) && session.isOwn()) {
                        session.hasChanged();
                    }
                    answeredForeign = null;
                    known.select = found;
                    CatalogQuery.Place place = CatalogQuery.Place.of(ended.result());
                    known.deployment.isTable(place.database(), place.table());
                    yield query(found, ids, times);
                }
            };
        });
    }

    private Future<QueryOutcome> query(UserSelect select, List<UserId> ids, int times) {
        List<UserId> asked = select.asked(ids);
        if (asked.isEmpty() && !ids.isEmpty()) {
            return Future.succeededFuture(new QueryOutcome.NotAsked(select.match()));
        }
        return run(select.sql(), asked).transform(ended -> {
            boolean isOld = ended.failed() && PgProblems.isOfTheTable(ended.cause());
            QueryOutcome outcome = outcome(select, ended, asked, ids.size() - asked.size());
            boolean isForeign = outcome.equals(FOREIGN);
            if ((isOld || isForeign) && times == 0) {
                answeredForeign = isForeign ? select : null;
                return resolveAndQuery(ids, 1);
            }
            return rows(outcome).stream().anyMatch(UserQuery::isDoubtful)
                    ? withoutDoubt(select, outcome, asked, ids.size() - asked.size())
                    : Future.succeededFuture(outcome);
        });
    }

    private Future<RowSet<Row>> run(String form, List<UserId> ids) {
        if (!session.isOwn()) {
            return UserQuery.inline(connection, form, ids);
        }
        return UserQuery.prepared(connection, form + label, ids)
                .recover(failure -> {
                    if (!PgProblems.isOfTheStatement(failure)) {
                        return Future.failedFuture(failure);
                    }
                    // What has changed may be the type of user_id: the next query looks.
                    known.select = null;
                    if (PgProblems.isOfAnotherSession(failure)) {
                        session.hasChanged();
                        return UserQuery.inline(connection, form, ids);
                    }
                    label = " /* " + ++prepared + " */";
                    if (preparesInVain) {
                        return Future.failedFuture(failure);
                    }
                    preparesInVain = true;
                    return UserQuery.prepared(connection, form + label, ids);
                })
                .onSuccess(_ -> preparesInVain = false);
    }

    private QueryOutcome outcome(UserSelect select, AsyncResult<RowSet<Row>> ended, List<UserId> ids, int unasked) {
        if (ended.failed()) {
            return PgProblems.outcome(ended.cause(), host, ids, select.grant());
        }
        if (!select.columns().equals(ended.result().columnsNames())) {
            return FOREIGN;
        }
        try {
            return answered(select, UserQuery.rows(select, ended.result()), ids, unasked);
        } catch (RuntimeException notText) { // as the driver throws it: a table not made by our migrations
            return new QueryOutcome.ErrorReply(
                    "a column of the table \"users\" is not of a text type: " + notText.getMessage());
        }
    }

    private QueryOutcome answered(UserSelect select, List<UserRow> rows, List<UserId> asked, int unasked) {
        if (hasOthers(rows, asked)) {
            return FOREIGN;
        }
        return transport.hasCut()
                ? new QueryOutcome.Cut(rows, transport.rowBytes())
                : new QueryOutcome.Answered(rows, transport.rowBytes(), unasked, select.match());
    }

    private static boolean hasOthers(List<UserRow> rows, List<UserId> asked) {
        if (rows.isEmpty()) {
            return false;
        }
        Set<String> ids = asked.stream().map(UserId::value).collect(Collectors.toSet());
        return rows.stream().anyMatch(row -> !ids.contains(row.userId()));
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
    private Future<QueryOutcome> withoutDoubt(UserSelect select, QueryOutcome first, List<UserId> ids, int unasked) {
        Set<String> seen = rows(first).stream().map(UserRow::userId).collect(Collectors.toSet());
        List<UserId> again =
                ids.stream().filter(id -> seen.contains(id.value())).toList();
        boolean wasCut = first instanceof QueryOutcome.Cut;
        return run(select.bytesSql(), again).transform(ended -> {
            if (ended.failed()) {
                return Future.succeededFuture(PgProblems.outcome(ended.cause(), host, ids, select.grant()));
            }
            if (!select.bytesColumns().equals(ended.result().columnsNames())) {
                return Future.succeededFuture(FOREIGN);
            }
            try {
                List<UserRow> rows = UserQuery.rowsOfBytes(select, ended.result());
                QueryOutcome outcome = answered(select, rows, again, unasked);
                return Future.succeededFuture(
                        wasCut && outcome instanceof QueryOutcome.Answered
                                ? new QueryOutcome.Cut(rows, transport.rowBytes())
                                : outcome);
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
