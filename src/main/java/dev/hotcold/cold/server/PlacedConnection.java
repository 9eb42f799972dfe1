package dev.hotcold.cold.server;

import dev.hotcold.cold.pool.PostgresConnection;
import dev.hotcold.cold.pool.QueryOutcome;
import dev.hotcold.user.UserId;
import io.vertx.core.Future;
import java.util.List;
import java.util.function.Supplier;

/**
 * A connection to a server of which it is known what it is. With each probe it is asked again; one that may not be used any more
 * ends the connection.
 *
 * <p>Confined to: its event loop.
 */
final class PlacedConnection implements PostgresConnection {

    private final Placement placement;
    private final PostgresServer server;
    private final PostgresConnection connection;
    private final Supplier<Future<ServerState>> asks;
    private ServerState state;

    PlacedConnection(
            Placement placement,
            PostgresServer server,
            PostgresConnection connection,
            ServerState state,
            Supplier<Future<ServerState>> asks) {
        this.placement = placement;
        this.server = server;
        this.connection = connection;
        this.state = state;
        this.asks = asks;
    }

    @Override
    public Future<QueryOutcome> query(List<UserId> ids) {
        return ids.isEmpty() ? probe() : connection.query(ids);
    }

    private Future<QueryOutcome> probe() {
        return asks.get().transform(answer -> {
            if (answer.failed()) {
                // The query itself tells why, in the words for it.
                return connection.query(List.of());
            }
            state = answer.result();
            Verdict verdict = placement.policy().judge(state);
            if (verdict.isRefused()) {
                connection.close();
                return Future.succeededFuture(
                        new QueryOutcome.Disconnected(server.said(verdict.why().orElse(""))));
            }
            placement.note(server, verdict, state);
            return connection.query(List.of());
        });
    }

    @Override
    public boolean isSuperseded() {
        return placement.policy().whyLeave(state).isPresent();
    }

    @Override
    public boolean isBehind() {
        return state.isStandby();
    }

    @Override
    public Future<Void> cancel() {
        return connection.cancel();
    }

    @Override
    public void onClose(Runnable action) {
        connection.onClose(action);
    }

    @Override
    public void close() {
        connection.close();
    }

    @Override
    public void abandon() {
        connection.abandon();
    }
}
