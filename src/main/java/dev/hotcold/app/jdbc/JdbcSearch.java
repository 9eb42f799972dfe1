package dev.hotcold.app.jdbc;

import dev.hotcold.cold.server.ServerAddress;
import dev.hotcold.cold.server.ServerList;
import dev.hotcold.cold.server.ServerPolicy;
import dev.hotcold.cold.server.ServerRace;
import dev.hotcold.cold.server.ServerState;
import dev.hotcold.names.HostNames;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The search for a server by pgjdbc, which by itself would try one address of each: {@link ServerRace}, for whoever may block. Each
 * attempt has a thread of its own. Thread-safe.
 */
final class JdbcSearch {

    /** For the question what the server is. */
    private static final int ANSWER_SECONDS = 3;

    /** Of a connection that could not be made. */
    private static final String UNREACHABLE = "08001";

    private static final String WRONG_PASSWORD = "28P01";

    /** On which searches run; each is over in a moment. Ends when nothing is to do. */
    private static final ScheduledThreadPoolExecutor THREAD = thread();

    /** Opens a connection at one address; blocks. */
    @FunctionalInterface
    interface Opener {
        Connection open(ServerAddress address) throws SQLException;
    }

    private final ServerList servers;
    private final ServerPolicy policy;
    private volatile boolean hasFound;

    JdbcSearch(ServerList servers, ServerPolicy policy) {
        this.servers = servers;
        this.policy = policy;
    }

    /** Finds a server that may be used. */
    Connection connect(Opener opener) throws SQLException {
        Promise<ServerRace.Winner<Connection>> outcome = Promise.promise();
        var _ = ServerAddress.find(servers, HostNames.OF_PROCESS)
                .thenAcceptAsync(found -> run(found, opener).onComplete(outcome), THREAD);
        try {
            Connection found = outcome.future()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get()
                    .connection();
            hasFound = true;
            return found;
        } catch (ExecutionException failure) {
            hasFound = false;
            throw told(failure.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            outcome.future().onSuccess(late -> close(late.connection()));
            throw new SQLException("interrupted", UNREACHABLE, interrupted);
        }
    }

    private Future<ServerRace.Winner<Connection>> run(ServerAddress.Found found, Opener opener) {
        return new ServerRace<>(found, policy, !hasFound, new Attempts(opener), (delay, task) -> {
                    var _ = THREAD.schedule(task, delay.toMillis(), TimeUnit.MILLISECONDS);
                })
                .run();
    }

    private record Attempts(Opener opener) implements ServerRace.Opener<Connection> {

        @Override
        public Future<ServerRace.Opened<Connection>> open(ServerAddress address, Runnable onConnected) {
            Promise<ServerRace.Opened<Connection>> outcome = Promise.promise();
            Thread.ofVirtual().name("postgres-connect").start(() -> {
                try {
                    Connection connection = opener.open(address);
                    ServerRace.Opened<Connection> opened = new ServerRace.Opened<>(connection, ask(connection));
                    THREAD.execute(() -> outcome.complete(opened));
                } catch (SQLException | RuntimeException failure) {
                    THREAD.execute(() -> outcome.fail(failure));
                }
            });
            return outcome.future();
        }

        @Override
        public void close(Connection unused) {
            Thread.ofVirtual().start(() -> JdbcSearch.close(unused));
        }

        @Override
        public boolean isFinal(Throwable failure) {
            return failure instanceof SQLException refused && WRONG_PASSWORD.equals(refused.getSQLState());
        }
    }

    /**
     * Asks the server what it is. What refuses the question, but not the connection, counts as unknown.
     *
     * @throws SQLException when the connection is of no use; it is closed then
     */
    private static ServerState ask(Connection connection) throws SQLException {
        try {
            return state(connection);
        } catch (SQLException | RuntimeException failure) {
            close(connection);
            throw failure;
        }
    }

    /** What the server of a connection says that it is. */
    static ServerState state(Connection connection) throws SQLException {
        for (String question : List.of(ServerState.QUERY, ServerState.SHORT_QUERY)) {
            try {
                return state(connection, question);
            } catch (SQLException refused) {
                if (!ServerState.isOfTheQuestion(String.valueOf(refused.getSQLState()))) {
                    throw refused;
                }
            }
        }
        return ServerState.UNKNOWN;
    }

    private static ServerState state(Connection connection, String question) throws SQLException {
        try (Statement statement = connection.createStatement()) {
            statement.setQueryTimeout(ANSWER_SECONDS);
            try (ResultSet row = statement.executeQuery(question)) {
                row.next();
                long system = row.getLong(4);
                return ServerState.of(
                        row.getBoolean(1), row.getString(2), row.getString(3), row.wasNull() ? null : system);
            }
        }
    }

    private static SQLException told(@Nullable Throwable failure) {
        if (!(failure instanceof ServerRace.Lost lost)) {
            return new SQLException(String.valueOf(failure), UNREACHABLE, failure);
        }
        List<ServerAddress.Loss> losses = lost.losses();
        SQLException first = told(losses.getFirst());
        if (losses.size() == 1) {
            return first;
        }
        // What a server says tells more than that another does not answer.
        SQLException telling = losses.stream()
                .map(JdbcSearch::told)
                .filter(loss -> !UNREACHABLE.equals(loss.getSQLState()))
                .findFirst()
                .orElse(first);
        String all = losses.stream()
                .map(loss -> loss.cause() instanceof ServerRace.Refused
                        ? loss.cause().getMessage()
                        : loss.server() + ": " + told(loss).getMessage())
                .distinct()
                .collect(Collectors.joining("; "));
        return new SQLException(all, telling.getSQLState(), telling);
    }

    private static SQLException told(ServerAddress.Loss loss) {
        return loss.cause() instanceof SQLException failure
                ? failure
                : new SQLException(String.valueOf(loss.cause().getMessage()), UNREACHABLE, loss.cause());
    }

    private static void close(Connection connection) {
        try {
            connection.close();
        } catch (SQLException gone) {
            // As it should be.
        }
    }

    private static ScheduledThreadPoolExecutor thread() {
        ScheduledThreadPoolExecutor one =
                new ScheduledThreadPoolExecutor(1, new DefaultThreadFactory("postgres-search", true));
        one.setKeepAliveTime(10, TimeUnit.SECONDS);
        one.allowCoreThreadTimeOut(true);
        return one;
    }
}
