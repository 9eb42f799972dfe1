package dev.hotcold.cold.driver;

import dev.hotcold.cold.pool.Connector;
import dev.hotcold.cold.pool.PostgresConnection;
import dev.hotcold.cold.pool.PostgresProblem;
import dev.hotcold.cold.trust.CurrentPolicy;
import dev.hotcold.cold.trust.PostgresTrust;
import dev.hotcold.cold.trust.UnusableTrustException;
import dev.hotcold.tls.CertificateProblem;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgException;
import io.vertx.pgclient.impl.PgConnectionFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;

/**
 * Opens connections by the Vert.x client, each with a TCP client of its own, which is closed with it. The driver leaves a
 * socket open whenever the server declines encryption or the login fails; closing the attempt's client closes that socket. For
 * the same reason the two attempts of {@code prefer} and {@code allow} are made here.
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

    private final PostgresEndpoint endpoint;

    /** As problems call it. */
    private final String host;

    private final PostgresTrust trust;
    private final CurrentPolicy policy;
    private final Vertx vertx;
    private final Context context;
    private final PgClientConnection.KnownTable table = new PgClientConnection.KnownTable();
    private final Duration timeout;

    /** @param vertx connections are opened on its current context */
    public PgConnector(PostgresEndpoint endpoint, PostgresTrust trust, Vertx vertx) {
        this.endpoint = endpoint;
        this.host = endpoint.unixSocket().map(Path::toString).orElse(endpoint.host());
        this.trust = trust;
        this.policy = new CurrentPolicy(trust);
        policy.warmUp();
        this.vertx = vertx;
        this.context = vertx.getOrCreateContext();
        this.timeout = endpoint.session().connectTimeout().orElse(TIMEOUT);
    }

    /**
     * Opens a connection, in a later turn. Fails within two seconds per attempt, or what {@code connect_timeout} says,
     * handshakes included.
     */
    @Override
    public Future<PostgresConnection> connect() {
        Promise<PostgresConnection> promise = Promise.promise();
        context.runOnContext(_ -> connectOnContext().onComplete(promise));
        return promise.future();
    }

    private Future<PostgresConnection> connectOnContext() {
        List<Boolean> attempts = trust.attempts(endpoint.unixSocket().isPresent());
        Future<PostgresConnection> connecting = attempt(attempts.getFirst());
        if (attempts.size() > 1) {
            connecting = connecting.recover(first -> first instanceof TimeoutException || isUnusable(first)
                    ? Future.failedFuture(first)
                    : attempt(attempts.getLast())
                            .recover(second ->
                                    Future.failedFuture(isTelling(first) && !isUnusable(second) ? first : second)));
        }
        return connecting.recover(failure -> Future.failedFuture(
                failure instanceof PostgresProblem ? failure : new PostgresProblem(describe(failure))));
    }

    /** Whether the settings ask for encryption that is not possible: then none is no way out. */
    private static boolean isUnusable(Throwable failure) {
        return failure instanceof UnusableTrustException;
    }

    /** Whether the server has said why, or its certificate has: the other attempt fails for a lesser reason. */
    private boolean isTelling(Throwable failure) {
        return failure instanceof PgException
                || failure instanceof PostgresProblem
                || CertificateProblem.describe(failure, host, "").isPresent();
    }

    private Future<PostgresConnection> attempt(boolean encrypted) {
        PgConnectOptions plain = PgOptions.plain(endpoint);
        if (!encrypted) {
            return attempt(plain);
        }
        try {
            return attempt(PgOptions.encrypted(plain, policy.get()));
        } catch (UnusableTrustException unusable) {
            return Future.failedFuture(unusable);
        }
    }

    /** The client bounds only the TCP handshake; the timeout bounds the whole. */
    private Future<PostgresConnection> attempt(PgConnectOptions mode) {
        PgTransport transport = new PgTransport(
                (VertxInternal) vertx,
                timeout,
                endpoint.session().keepAlive(),
                new PgOptions.NamingEngine(endpoint.host()),
                this::guard);
        return new PgConnectionFactory(transport)
                .connect(context, mode)
                .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .<PostgresConnection>map(
                        opened -> new PgClientConnection((PgConnection) opened, transport, host, table))
                .onFailure(_ -> transport.closeNow())
                .recover(failure -> Future.failedFuture(transport.failure().orElse(failure)));
    }

    private String describe(Throwable failure) {
        return isUnusable(failure) ? String.valueOf(failure.getMessage()) : PgProblems.describe(failure, host);
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
        return new MessageGuard(
                new ScramLogin(endpoint.user(), endpoint.password().orElse(""), trust.channelBinding()),
                LOGINS,
                onRefusal);
    }
}
