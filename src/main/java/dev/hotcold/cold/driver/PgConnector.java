package dev.hotcold.cold.driver;

import dev.hotcold.cold.pool.Connector;
import dev.hotcold.cold.pool.PostgresConnection;
import dev.hotcold.cold.pool.PostgresProblem;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.SslMode;
import io.vertx.pgclient.impl.PgConnectionFactory;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Opens connections by the Vert.x client, each with a TCP client of its own, which is closed with it. The driver leaves a
 * socket open whenever the server declines encryption or the login fails; closing the attempt's client closes that socket. For
 * the same reason the two attempts of {@code prefer} are made here.
 *
 * <p>Confined to: its event loop.
 */
public final class PgConnector implements Connector {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    /**
     * Computes what logins ask for: one thread for all loops, so that no server has more than one core compute for it. Ends
     * when nothing is to do.
     */
    private static final Executor LOGINS = logins();

    private final String host;
    private final PgConnectOptions options;
    private final PostgresTrust trust;
    private final Vertx vertx;
    private final Context context;

    /** @param vertx connections are opened on its current context */
    public PgConnector(PostgresEndpoint endpoint, PostgresTrust trust, Vertx vertx) {
        this.host = endpoint.host();
        this.options = PgOptions.of(endpoint, trust);
        this.trust = trust;
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
    }

    /** Opens a connection, in a later turn. Fails within two seconds per attempt, handshakes included. */
    @Override
    public Future<PostgresConnection> connect() {
        Promise<PostgresConnection> promise = Promise.promise();
        context.runOnContext(_ -> connectOnContext().onComplete(promise));
        return promise.future();
    }

    private Future<PostgresConnection> connectOnContext() {
        try {
            trust.checkFile();
        } catch (IOException unusable) {
            return Future.failedFuture(new PostgresProblem(String.valueOf(unusable.getMessage())));
        }
        return attempts()
                .recover(failure -> Future.failedFuture(new PostgresProblem(PgProblems.describe(failure, host))));
    }

    private Future<PostgresConnection> attempts() {
        if (options.getSslMode() != SslMode.PREFER) {
            return attempt(options);
        }
        return attempt(new PgConnectOptions(options).setSslMode(SslMode.REQUIRE))
                .recover(failure -> failure instanceof TimeoutException
                        ? Future.failedFuture(failure)
                        : attempt(new PgConnectOptions(options).setSslMode(SslMode.DISABLE)));
    }

    /** The client bounds only the TCP handshake; the timeout bounds the whole. */
    private Future<PostgresConnection> attempt(PgConnectOptions mode) {
        PgTransport transport = new PgTransport((VertxInternal) vertx, TIMEOUT, this::guard);
        return new PgConnectionFactory(transport)
                .connect(context, mode)
                .timeout(TIMEOUT.toMillis(), TimeUnit.MILLISECONDS)
                .<PostgresConnection>map(opened -> new PgClientConnection((PgConnection) opened, transport, host))
                .onFailure(_ -> transport.closeNow())
                .recover(failure -> Future.failedFuture(transport.failure().orElse(failure)));
    }

    private static Executor logins() {
        ThreadPoolExecutor one = new ThreadPoolExecutor(
                1,
                1,
                10,
                TimeUnit.SECONDS,
                new LinkedBlockingQueue<>(),
                new DefaultThreadFactory("postgres-login", true));
        one.allowCoreThreadTimeOut(true);
        return one;
    }

    private MessageGuard guard(Consumer<PgRefusal> onRefusal) {
        return new MessageGuard(new ScramLogin(options.getUser(), options.getPassword()), LOGINS, onRefusal);
    }
}
