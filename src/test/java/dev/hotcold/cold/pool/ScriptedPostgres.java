package dev.hotcold.cold.pool;

import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.ArrayList;
import java.util.List;

/** A PostgreSQL whose every answer a test gives by hand, at once and on its own thread. */
public final class ScriptedPostgres implements Connector {

    private final List<Promise<PostgresConnection>> attempts = new ArrayList<>();
    private final List<ScriptedConnection> opened = new ArrayList<>();
    private boolean provisional;

    @Override
    public Future<PostgresConnection> connect() {
        Promise<PostgresConnection> attempt = Promise.promise();
        attempts.add(attempt);
        return attempt.future();
    }

    @Override
    public boolean isProvisional() {
        return provisional;
    }

    /** What it opens is second best from now on, or not. */
    public void provisional(boolean is) {
        provisional = is;
    }

    /** How many attempts to connect there were. */
    public int attempts() {
        return attempts.size();
    }

    /** The attempt under way succeeds. */
    public ScriptedConnection accept() {
        ScriptedConnection connection = new ScriptedConnection();
        opened.add(connection);
        attempts.getLast().complete(connection);
        return connection;
    }

    /** The attempt under way fails. */
    public void refuse(String why) {
        attempts.getLast().fail(new PostgresProblem(why));
    }

    /** Connections whose socket is open. */
    public List<ScriptedConnection> open() {
        return opened.stream().filter(connection -> !connection.closed).toList();
    }

    /** A connection of the scripted PostgreSQL. */
    public static final class ScriptedConnection implements PostgresConnection {

        private final List<List<String>> queries = new ArrayList<>();
        private final List<Promise<QueryOutcome>> outcomes = new ArrayList<>();
        private Promise<Void> cancel = Promise.promise();
        private Runnable onClose = () -> {};
        private int cancels;
        private boolean saidGoodbye;
        private boolean closed;
        private boolean superseded;

        /** Another server is to be used from now on. */
        public void supersede() {
            superseded = true;
        }

        @Override
        public boolean isSuperseded() {
            return superseded;
        }

        @Override
        public Future<QueryOutcome> query(List<UserId> ids) {
            if (isBusy()) {
                throw new IllegalStateException("a query is in flight already");
            }
            queries.add(ids.stream().map(UserId::value).toList());
            Promise<QueryOutcome> outcome = Promise.promise();
            outcomes.add(outcome);
            return outcome.future();
        }

        @Override
        public Future<Void> cancel() {
            cancels++;
            cancel = Promise.promise();
            return cancel.future();
        }

        @Override
        public void onClose(Runnable action) {
            onClose = action;
        }

        @Override
        public void close() {
            saidGoodbye = true;
        }

        @Override
        public void abandon() {
            closeByServer();
        }

        /** Whether a query is in flight. */
        public boolean isBusy() {
            return !outcomes.isEmpty() && !outcomes.getLast().future().isComplete();
        }

        /** The ids of each query so far; none: a probe. */
        public List<List<String>> queries() {
            return queries;
        }

        /** The ids of the last query. */
        public List<String> lastQuery() {
            return queries.getLast();
        }

        /** How many requests to cancel a query there were. */
        public int cancels() {
            return cancels;
        }

        /** The last request to cancel could not be sent. */
        public void refuseCancel(String why) {
            cancel.fail(new PostgresProblem(why));
        }

        /** Whether the goodbye was said. */
        public boolean saidGoodbye() {
            return saidGoodbye;
        }

        /** Whether the socket is closed. */
        public boolean isClosed() {
            return closed;
        }

        /** The query in flight is answered with users of these ids. */
        public void answer(String... ids) {
            List<UserRow> rows = rows(List.of(ids));
            end(new QueryOutcome.Answered(rows, 100L * rows.size()));
        }

        /** The query in flight is answered with users of these ids, and what else there is does not fit. */
        public void answerInPart(long bytes, List<String> ids) {
            end(new QueryOutcome.Cut(rows(ids), bytes));
        }

        /** The query in flight is answered with a user for each id. */
        public void answerAll() {
            answer(lastQuery().toArray(String[]::new));
        }

        private static List<UserRow> rows(List<String> ids) {
            return ids.stream()
                    .map(id -> new UserRow(id, "app://" + id, "promo " + id))
                    .toList();
        }

        /** The query in flight ends. */
        public void end(QueryOutcome outcome) {
            outcomes.getLast().complete(outcome);
        }

        /** The socket closes; the query in flight ends with it. */
        public void closeByServer() {
            if (closed) {
                return;
            }
            closed = true;
            if (isBusy()) {
                end(new QueryOutcome.Disconnected("not reachable: closed"));
            }
            onClose.run();
        }
    }
}
