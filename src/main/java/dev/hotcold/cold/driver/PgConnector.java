package dev.hotcold.cold.driver;

import dev.hotcold.cold.pool.Connector;
import dev.hotcold.cold.pool.PostgresConnection;
import dev.hotcold.cold.pool.PostgresProblem;
import dev.hotcold.cold.pooler.LoopSessions;
import dev.hotcold.cold.pooler.Pooler;
import dev.hotcold.cold.server.Placement;
import dev.hotcold.cold.server.ServerAddress;
import dev.hotcold.cold.server.ServerRace;
import dev.hotcold.cold.server.ServerState;
import dev.hotcold.cold.trust.CurrentPolicy;
import dev.hotcold.cold.trust.PostgresTrust;
import dev.hotcold.cold.trust.UnusableTrustException;
import dev.hotcold.names.HostNames;
import dev.hotcold.tls.CertificateProblem;
import io.netty.util.concurrent.DefaultThreadFactory;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.SocketAddress;
import io.vertx.pgclient.PgConnectOptions;
import io.vertx.pgclient.PgConnection;
import io.vertx.pgclient.PgException;
import io.vertx.pgclient.impl.PgConnectionFactory;
import io.vertx.sqlclient.Row;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executor;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * Opens connections by the Vert.x client, each with a TCP client of its own, which is closed with it. The driver leaves a
 * socket open whenever the server declines encryption or the login fails; closing the attempt's client closes that socket. For
 * the same reason the two attempts of {@code prefer} and {@code allow} are made here. So is the search for the server: the driver
 * would try one address of one of them.
 *
 * <p>Confined to: its event loop.
 */
public final class PgConnector implements Connector {

    private static final Duration TIMEOUT = Duration.ofSeconds(2);

    private static final String WRONG_PASSWORD = "28P01";

    /**
     * Computes what logins ask for: one thread for all loops, so that no server has more than one core compute for it. Ends
     * when nothing is to do.
     */
    private static final Executor LOGINS = logins();

    private final PostgresEndpoint endpoint;
    private final PostgresTrust trust;
    private final CurrentPolicy policy;
    private final Placement placement;
    private final HostNames names;
    private final Vertx vertx;
    private final Context context;
    private final PgClientConnection.KnownTable table;
    private final LoopSessions sessions;
    private final Duration timeout;

    /** Whether the last search has found a server. */
    private boolean hasFound;

    /**
     * @param pooler what is said of one
     * @param vertx connections are opened on its current context
     */
    public PgConnector(PostgresEndpoint endpoint, PostgresTrust trust, Pooler pooler, Vertx vertx) {
        this(endpoint, trust, pooler, new Placement(endpoint.servers().target()), HostNames.OF_PROCESS, vertx);
    }

    /**
     * @param pooler what is said of one
     * @param placement hears which servers are used
     * @param names looks up hosts
     * @param vertx connections are opened on its current context
     */
    public PgConnector(
            PostgresEndpoint endpoint,
            PostgresTrust trust,
            Pooler pooler,
            Placement placement,
            HostNames names,
            Vertx vertx) {
        this.endpoint = endpoint;
        this.trust = trust;
        this.policy = new CurrentPolicy(trust);
        policy.warmUp();
        this.placement = placement;
        this.table = new PgClientConnection.KnownTable(placement.deployment());
        this.names = names;
        this.sessions = new LoopSessions(pooler, endpoint.session().namedSearchPath());
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
        var _ = ServerAddress.find(endpoint.servers(), names)
                .thenAccept(found -> context.runOnContext(_ -> search(found).onComplete(promise)));
        return promise.future();
    }

    @Override
    public boolean isProvisional() {
        return placement.health().isDegraded();
    }

    private Future<PostgresConnection> search(ServerAddress.Found found) {
        ServerRace<Login> race = new ServerRace<>(
                found,
                placement.policy(),
                !hasFound,
                new Logins(),
                (delay, task) -> vertx.setTimer(delay.toMillis(), _ -> task.run()));
        return race.run()
                .onComplete(ended -> hasFound = ended.succeeded())
                .map(this::placed)
                .recover(lost -> Future.failedFuture(new PostgresProblem(describe(lost, found))));
    }

    private PostgresConnection placed(ServerRace.Winner<Login> winner) {
        return placement.place(
                winner.address().server(),
                winner.connection().toUse(),
                winner.state(),
                () -> ask(winner.connection().driver()));
    }

    private String describe(Throwable failure, ServerAddress.Found found) {
        if (!(failure instanceof ServerRace.Lost lost)) {
            return String.valueOf(failure.getMessage());
        }
        boolean isAlone = found.addresses().size() + found.unknown().size() == 1;
        return lost.losses().stream()
                .map(loss -> isAlone || loss.cause() instanceof ServerRace.Refused
                        ? describe(loss)
                        : loss.server() + ": " + describe(loss))
                .distinct()
                .collect(Collectors.joining("; "));
    }

    private String describe(ServerAddress.Loss loss) {
        Throwable cause = loss.cause();
        return isUnusable(cause) || cause instanceof ServerRace.Refused
                ? String.valueOf(cause.getMessage())
                : PgProblems.describe(cause, host(endpoint.at(loss.server())));
    }

    /** As problems call it. */
    private static String host(PostgresEndpoint one) {
        return one.unixSocket().map(Path::toString).orElse(one.host());
    }

    /**
     * A connection that is logged in.
     *
     * @param toUse the same, as the pool uses it
     */
    private record Login(PgConnection driver, PostgresConnection toUse) {}

    /** Logs in at one address. */
    private final class Logins implements ServerRace.Opener<Login> {

        @Override
        public Future<ServerRace.Opened<Login>> open(ServerAddress address, Runnable onConnected) {
            PostgresEndpoint one = endpoint.at(address.server());
            List<Boolean> attempts = trust.attempts(one.unixSocket().isPresent());
            Future<ServerRace.Opened<Login>> connecting = attempt(one, address, attempts.getFirst(), onConnected);
            if (attempts.size() > 1) {
                connecting = connecting.recover(first -> first instanceof TimeoutException || isUnusable(first)
                        ? Future.failedFuture(first)
                        : attempt(one, address, attempts.getLast(), onConnected)
                                .recover(second -> Future.failedFuture(
                                        isTelling(first, one) && !isUnusable(second) ? first : second)));
            }
            return connecting;
        }

        @Override
        public void close(Login unused) {
            unused.toUse().abandon();
        }

        @Override
        public boolean isFinal(Throwable failure) {
            return failure instanceof PgException refused && WRONG_PASSWORD.equals(refused.getSqlState());
        }
    }

    /** Whether the settings ask for encryption that is not possible: then none is no way out. */
    private static boolean isUnusable(Throwable failure) {
        return failure instanceof UnusableTrustException;
    }

    /** Whether the server has said why, or its certificate has: the other attempt fails for a lesser reason. */
    private static boolean isTelling(Throwable failure, PostgresEndpoint one) {
        return failure instanceof PgException
                || failure instanceof PostgresProblem
                || CertificateProblem.describe(failure, host(one), "").isPresent();
    }

    private Future<ServerRace.Opened<Login>> attempt(
            PostgresEndpoint one, ServerAddress address, boolean encrypted, Runnable onConnected) {
        PgConnectOptions plain = PgOptions.plain(one);
        if (!encrypted) {
            return attempt(one, address, plain, onConnected);
        }
        try {
            return attempt(one, address, PgOptions.encrypted(plain, policy.get()), onConnected);
        } catch (UnusableTrustException unusable) {
            return Future.failedFuture(unusable);
        }
    }

    /** The client bounds only the TCP handshake; the timeout bounds the whole. */
    private Future<ServerRace.Opened<Login>> attempt(
            PostgresEndpoint one, ServerAddress address, PgConnectOptions mode, Runnable onConnected) {
        PgTransport transport = new PgTransport(
                (VertxInternal) vertx,
                timeout,
                one.session().keepAlive(),
                new PgOptions.NamingEngine(one.host()),
                this::guard);
        address.address()
                .ifPresent(ip -> transport.connectTo(
                        SocketAddress.inetSocketAddress(new InetSocketAddress(ip, one.port())), onConnected));
        return new PgConnectionFactory(transport)
                .connect(context, mode)
                .map(opened -> new Login(
                        (PgConnection) opened,
                        new PgClientConnection((PgConnection) opened, transport, host(one), table, sessions)))
                .compose(login -> ask(login.driver()).map(state -> new ServerRace.Opened<>(login, state)))
                .timeout(timeout.toMillis(), TimeUnit.MILLISECONDS)
                .onFailure(_ -> transport.closeNow())
                .recover(failure -> Future.failedFuture(transport.failure().orElse(failure)));
    }

    /** Asks what the server is. What refuses the question, but not the connection, counts as unknown. */
    private static Future<ServerState> ask(PgConnection connection) {
        return ask(connection, ServerState.QUERY)
                .recover(refused -> mayBeAnswered(refused)
                        ? ask(connection, ServerState.SHORT_QUERY)
                        : Future.failedFuture(refused))
                .recover(refused -> mayBeAnswered(refused)
                        ? Future.succeededFuture(ServerState.UNKNOWN)
                        : Future.failedFuture(refused));
    }

    private static boolean mayBeAnswered(Throwable refused) {
        return refused instanceof PgException said && ServerState.isOfTheQuestion(String.valueOf(said.getSqlState()));
    }

    private static Future<ServerState> ask(PgConnection connection, String question) {
        return connection.query(question).execute().map(rows -> {
            Row row = rows.iterator().next();
            return ServerState.of(row.getBoolean(0), row.getString(1), row.getString(2), row.getLong(3));
        });
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
