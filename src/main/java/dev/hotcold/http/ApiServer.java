package dev.hotcold.http;

import dev.hotcold.http.access.ApiKeyCheck;
import dev.hotcold.http.access.Credentials;
import dev.hotcold.http.budget.FairReads;
import dev.hotcold.http.budget.TurnBudget;
import dev.hotcold.http.budget.UnreadBudget;
import dev.hotcold.http.budget.UnreadResponses;
import dev.hotcold.http.connection.AcceptHook;
import dev.hotcold.http.connection.ConnectionLimit;
import dev.hotcold.http.connection.ConnectionTimeouts;
import dev.hotcold.http.connection.Http1Pipeline;
import dev.hotcold.http.connection.Http2Farewell;
import dev.hotcold.http.connection.Http2StreamCleanup;
import dev.hotcold.http.connection.LastResponse;
import dev.hotcold.http.connection.WriteBackpressure;
import dev.hotcold.http.fastpath.FastPath;
import dev.hotcold.http.fastpath.LookupRequestParser;
import dev.hotcold.http.request.Http2Requests;
import dev.hotcold.http.request.UsersRoute;
import dev.hotcold.http.response.LookupHeaders;
import dev.hotcold.http.response.LookupResponses;
import dev.hotcold.http.response.Problems;
import dev.hotcold.loop.Loop;
import io.netty.channel.AdaptiveRecvByteBufAllocator;
import io.netty.channel.Channel;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.impl.Http1xServerConnection;
import io.vertx.core.http.impl.HttpServerImpl;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.impl.ConnectionBase;
import java.time.Duration;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The public HTTP server's share of one event loop. Plain lookups are answered on the {@link FastPath}; what Vert.x reads goes
 * to the {@link UsersEndpoint} or to the routes handed in.
 *
 * <p>Confined to: its event loop.
 */
public final class ApiServer {

    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);

    /** After this long, a connection accepted just before the listener closed has reached its event loop. */
    private static final Duration LAST_ACCEPTED = Duration.ofMillis(100);

    /** How often a loop tells the log of refused requests at most; the limit of lines comes after that. */
    private static final Duration TELL_AGAIN = Duration.ofSeconds(1);

    /** Bytes of a connection that are read at once, and may have to wait for their turn, or for the response before. */
    private static final int MAX_READ = 8 << 10;

    private final HttpServer server;
    private final LookupResponses responses;
    private final UsersEndpoint users;
    private final FastPath fastPath;
    private final Http1Pipeline http1;
    private final Handler<HttpServerRequest> otherRoutes;
    private final Credentials credentials;
    private final Duration readTimeout;
    private final int maxTargetLength;
    private final Loop loop;
    private final ConnectionTimeouts timeouts;
    private final TurnBudget turnBudget;
    private final UnreadBudget unreadBudget;
    private final RefusalObserver refusals;

    /** When the log last told of refused requests. */
    private long refusalsToldAt;

    /** Those that have left the fast path. */
    private final Set<HttpConnection> connections = new HashSet<>();

    private final Promise<Void> drained = Promise.promise();
    private @Nullable Channel listener;
    private boolean draining;
    private boolean lastAccepted;

    /**
     * @param loop the event loop that this server's connections run on
     * @param maxUnread how many bytes may be kept for clients that do not take them, on this loop
     * @param otherRoutes everything but the lookups
     * @param credentials certificate and keys; changes take effect for new connections and requests
     */
    public ApiServer(
            HttpSettings settings,
            Vertx vertx,
            Loop loop,
            long maxUnread,
            ApiBackend backend,
            Handler<HttpServerRequest> otherRoutes,
            Credentials credentials) {
        HttpLimits limits = settings.limits();
        this.responses = new LookupResponses(settings.responseStyle(), settings.lookupHeaders(), loop);
        ApiKeyCheck keys = credentials.apiKeys().map(ApiKeyCheck::new).orElse(null);
        this.users = new UsersEndpoint(backend, responses, keys, settings);
        LookupRequestParser parser = new LookupRequestParser(
                limits.requestLineBytes(),
                settings.bypass(),
                settings.access().origins().areListed());
        this.fastPath =
                new FastPath(backend.lookup(), backend.lookups(), responses, keys, parser, this::completeIfDrained);
        this.otherRoutes = otherRoutes;
        this.credentials = credentials;
        this.loop = loop;
        this.readTimeout = settings.timeouts().read();
        this.timeouts =
                new ConnectionTimeouts(loop, readTimeout, settings.timeouts().write(), this::onStalled);
        this.unreadBudget = new UnreadBudget(loop, maxUnread, this::onRefused);
        this.refusals = backend.refusals();
        this.refusalsToldAt = loop.nanos() - TELL_AGAIN.toNanos();
        this.turnBudget = new TurnBudget(loop);
        this.maxTargetLength = limits.requestLineBytes();
        ConnectionLimit limit = new ConnectionLimit(
                limits.connections(), settings.access().tls().isPresent(), backend.refusals()::connectionRefused);
        HttpServerOptions options = ServerOptions.of(settings, credentials);
        this.http1 = new Http1Pipeline(options, turnBudget);
        this.server = new HttpServerImpl(new AcceptHook((VertxInternal) vertx, this::onAccept, limit), options)
                .connectionHandler(this::onConnection)
                .invalidRequestHandler(this::onInvalidRequest)
                .requestHandler(this::onRequest);
    }

    /** Listens; {@link #port} is known afterwards. */
    public Future<?> listen() {
        assert loop.isCurrent();
        timeouts.start();
        return server.listen()
                .onSuccess(listening -> credentials.onIdentity(
                        identity -> server.updateSSLOptions(ServerOptions.encryption(identity, readTimeout))
                                .onFailure(credentials::identityRefused)));
    }

    /** The port listened on, also where the settings say 0. Any thread. */
    public int port() {
        return server.actualPort();
    }

    /**
     * Starts to drain: accepts no new connections, sends GOAWAY to HTTP/2 clients, and closes each HTTP/1.1 connection with its
     * next response, which says {@code Connection: close}. So no client sends a request into a closing connection.
     */
    public void drain() {
        assert loop.isCurrent();
        draining = true;
        fastPath.drain();
        if (listener != null) {
            var _ = listener.close();
        }
        Http2Farewell.begin(connections.stream().filter(ApiServer::isHttp2).toList(), loop);
        loop.after(LAST_ACCEPTED, () -> {
            lastAccepted = true;
            completeIfDrained();
        });
    }

    /** Succeeds once no connection that has carried a request is left after {@link #drain}. */
    public Future<Void> drained() {
        return drained.future();
    }

    /** Closes: idle connections at once, the others with their pending responses or when the time is up. */
    public Future<Void> close(Duration patience) {
        fastPath.drain();
        // To Vert.x, connections on the fast path look idle.
        return fastPath.drained()
                .timeout(patience.toMillis(), TimeUnit.MILLISECONDS)
                .onComplete(ended -> fastPath.close())
                .transform(ended -> server.shutdown(patience.toMillis(), TimeUnit.MILLISECONDS));
    }

    private void onAccept(Channel channel) {
        listener = channel.parent();
        channel.config().setRecvByteBufAllocator(new AdaptiveRecvByteBufAllocator(64, 2048, MAX_READ));
        http1.watch(channel);
        timeouts.watch(channel, UnreadResponses.install(channel, unreadBudget, turnBudget));
        fastPath.serve(channel);
        channel.pipeline().addFirst(new FairReads(turnBudget));
    }

    private void onStalled() {
        refusals.connectionStalled();
        LOG.warn("A client was disconnected: it took nothing of its responses for HTTP_WRITE_TIMEOUT_SEC");
    }

    private void onRefused() {
        refusals.responseRefused();
        long now = loop.nanos();
        if (now - refusalsToldAt >= TELL_AGAIN.toNanos()) {
            refusalsToldAt = now;
            LOG.warn("Requests get 503: clients leave more of their responses unread than memory allows");
        }
    }

    private void onConnection(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channel();
        timeouts.protocolKnown(channel, isHttp2(connection));
        if (isHttp2(connection)) {
            channel.pipeline().addFirst(new WriteBackpressure());
            Http2StreamCleanup.install(channel);
            Http2Requests.install(channel);
            // In front of the rules: what is refused for want of memory costs less than to be looked at.
            UnreadResponses.of(channel).followStreams();
        }
        connections.add(connection);
        connection.closeHandler(closed -> {
            connections.remove(connection);
            completeIfDrained();
        });
    }

    private void completeIfDrained() {
        if (lastAccepted && connections.isEmpty() && fastPath.isUnused()) {
            drained.tryComplete();
        }
    }

    /** What every response has; a response that caches may keep says something else of that itself. */
    private HttpServerResponse begin(HttpServerRequest request) {
        return request.response()
                .putHeader(HttpHeaders.DATE, responses.date())
                .putHeader(HttpHeaders.CACHE_CONTROL, LookupHeaders.NO_STORE);
    }

    private void onRequest(HttpServerRequest request) {
        HttpServerResponse response = begin(request);
        if (draining) {
            announceClose(request);
        }
        if (response.writeQueueFull()) {
            // The client leaves earlier responses unread. Until it reads them Vert.x reads nothing more from it.
            response.drainHandler(writable -> {
                // Else it would be called again when this request's own response has filled the queue.
                response.drainHandler(null);
                route(request);
            });
        } else {
            route(request);
        }
    }

    private void route(HttpServerRequest request) {
        if (request.version() == HttpVersion.HTTP_2) {
            // Where nothing tells more, as with problems and health, the stream is all that is charged.
            request.response().endHandler(ended -> UnreadResponses.of(request).answered(request, 0));
        }
        @Nullable String target = request.uri();
        if (target == null || HttpMethod.CONNECT.equals(request.method()) || target.equals("*")) {
            // CONNECT, which over HTTP/2 has no target; OPTIONS of the whole server.
            Problems.methodNotAllowed(request);
        } else if (target.length() > maxTargetLength) {
            // Only over HTTP/2, where the target is a header and no request line is checked.
            Problems.malformedRequest(request, 414);
        } else if (target.startsWith(UsersRoute.PATH_WITH_QUERY)) {
            users.handle(request, target.substring(UsersRoute.PATH_WITH_QUERY.length()));
        } else if (UsersRoute.PATH.equals(request.path())) {
            users.handle(request, request.query());
        } else {
            otherRoutes.handle(request);
        }
    }

    private static void announceClose(HttpServerRequest request) {
        if (request.version() != HttpVersion.HTTP_2) {
            LastResponse.announce(request.connection());
            request.connection().shutdown(1, TimeUnit.HOURS);
        }
    }

    /** Vert.x closes the connection behind the response. */
    private void onInvalidRequest(HttpServerRequest request) {
        begin(request);
        LastResponse.announce(request.connection());
        Problems.invalidRequest(request);
    }

    private static boolean isHttp2(HttpConnection connection) {
        return !(connection instanceof Http1xServerConnection);
    }
}
