package dev.hotcold.cold;

import dev.hotcold.loop.Loop;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.SslMode;
import io.vertx.pgclient.impl.PgConnectionFactory;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Opens PostgreSQL connections, each with a TCP client of its own, which is closed with it. The driver leaves a socket
 * open whenever the server declines encryption or the login fails; closing the attempt's client closes that socket. For
 * the same reason the two attempts of {@code prefer} are made here.
 *
 * <p>Confined to: its event loop and Vert.x context.
 */
final class PgConnector {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private final PgConnectOptions options;
    private final Vertx vertx;
    private final Context context;
    private final Loop loop;

    PgConnector(PgConnectOptions options, Vertx vertx, Context context, Loop loop) {
        this.options = options;
        this.vertx = vertx;
        this.context = context;
        this.loop = loop;
    }

    /** Opens a connection. Fails within two seconds per attempt, handshakes included. */
    Future<PgLane> connect() {
        if (options.getSslMode() != SslMode.PREFER) {
            return attempt(options);
        }
        return attempt(new PgConnectOptions(options).setSslMode(SslMode.REQUIRE))
                .recover(failure -> failure instanceof TimeoutException
                        ? Future.failedFuture(failure)
                        : attempt(new PgConnectOptions(options).setSslMode(SslMode.DISABLE)));
    }

    /** The client bounds only the TCP handshake; the timeout bounds the whole. */
    private Future<PgLane> attempt(PgConnectOptions mode) {
        PgTransport transport = new PgTransport((VertxInternal) vertx, TIMEOUT);
        return new PgConnectionFactory(transport)
                .connect(context, mode)
                .timeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .map(opened -> new PgLane((PgConnection) opened, transport, loop.nanos()))
                .onFailure(failed -> transport.closeNow())
                .recover(failed ->
                        Future.failedFuture(transport.handshakeFailure().orElse(failed)));
    }
}
