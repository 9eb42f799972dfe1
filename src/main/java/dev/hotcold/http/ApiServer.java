package dev.hotcold.http;

import dev.hotcold.lookup.Lookup;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.loop.Loop;
import io.netty.channel.Channel;
import io.netty.channel.uring.IoUringSocketChannel;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.http.Http2Settings;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpHeaders;
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
 * The public HTTP server's share of one event loop. {@value UsersEndpoint#PATH} goes straight to its endpoint; everything
 * else goes through the routes handed in.
 *
 * <p>Confined to: its event loop.
 */
public final class ApiServer {

    private static final Logger LOG = LoggerFactory.getLogger(ApiServer.class);

    private static final int ACCEPT_BACKLOG = 4096;

    /** Vert.x's name for any free port that all event loops share; by 0 each loop would get a port of its own. */
    private static final int ANY_SHARED_PORT = -1;

    /** The longest for a TLS handshake, where the read timeout is none or longer. */
    private static final Duration SLOWEST_HANDSHAKE = Duration.ofSeconds(10);

    /** After this long, a connection accepted just before the listener closed has reached its event loop. */
    private static final Duration LAST_ACCEPTED = Duration.ofMillis(100);

    private static final String USERS_WITH_QUERY = UsersEndpoint.PATH + "?";

    private final HttpServer server;
    private final UsersEndpoint users;
    private final PlainLookups plainLookups;
    private final FairReading.Turn turn = new FairReading.Turn();
    private final Handler<HttpServerRequest> otherRoutes;
    private final Credentials credentials;
    private final int longestTarget;
    private final Loop loop;
    private final ConnectionTimeouts timeouts;
    private final Set<HttpConnection> connections = new HashSet<>();
    private final Promise<Void> drained = Promise.promise();
    private @Nullable Channel listener;
    private boolean draining;
    private boolean lastAccepted;

    /**
     * @param loop the event loop that this server's connections run on
     * @param otherRoutes everything but the lookups
     * @param credentials what the server proves itself with; followed while it changes
     */
    public ApiServer(
            HttpSettings settings,
            Vertx vertx,
            Loop loop,
            Lookup lookup,
            LookupObserver observer,
            RefusalObserver refusals,
            Handler<HttpServerRequest> otherRoutes,
            Credentials credentials) {
        LookupResponses responses = new LookupResponses(new ResponseBodies(settings.responseStyle(), loop));
        KeyCheck keys = credentials.apiKeys().map(KeyCheck::new).orElse(null);
        this.users = new UsersEndpoint(lookup, observer, responses, settings.bypass(), keys, refusals);
        this.plainLookups = new PlainLookups(
                lookup,
                observer,
                responses,
                Math.min(settings.limits().requestLineBytes(), settings.limits().headerBytes()),
                settings.bypass(),
                keys);
        plainLookups.onLeft(this::settleDrain);
        this.otherRoutes = otherRoutes;
        this.credentials = credentials;
        this.loop = loop;
        this.timeouts = new ConnectionTimeouts(loop, settings.readTimeout(), settings.writeTimeout());
        this.longestTarget = settings.limits().requestLineBytes();
        ConnectionLimit limit = new ConnectionLimit(
                settings.limits().connections(), settings.tls().isPresent(), refusals);
        this.server = new HttpServerImpl(
                        new AcceptHook((VertxInternal) vertx, this::onAccept, limit), options(settings, credentials))
                .connectionHandler(this::onConnection)
                .invalidRequestHandler(ApiServer::onInvalidRequest)
                .requestHandler(this::onRequest);
    }

    /** Listens; the port is known afterwards. */
    public Future<?> listen() {
        timeouts.start();
        return server.listen()
                .onSuccess(listening -> credentials.onIdentity(identity -> server.updateSSLOptions(identity.options())
                        .onFailure(failure -> LOG.error("The new certificate is not in use", failure))));
    }

    /** The port listened on, also where 0 was asked for. */
    public int port() {
        return server.actualPort();
    }

    /**
     * Begins to end: no new connections, HTTP/2 clients are told to go elsewhere, and each HTTP/1.1 connection closes
     * with its next response, which says so beforehand. A client so never sends a request into a closing connection.
     */
    public void drain() {
        draining = true;
        plainLookups.end();
        if (listener != null) {
            var _ = listener.close();
        }
        for (HttpConnection connection : Set.copyOf(connections)) {
            if (isHttp2(connection)) {
                connection.shutdown(1, TimeUnit.HOURS);
            }
        }
        loop.after(LAST_ACCEPTED, () -> {
            lastAccepted = true;
            settleDrain();
        });
    }

    /** Succeeds once no connection is left after {@link #drain}. */
    public Future<Void> drained() {
        return drained.future();
    }

    /** Closes: idle connections at once, the others with their responses or when the time is up. */
    public Future<Void> close(Duration patience) {
        plainLookups.end();
        // Vert.x takes their connections for idle ones.
        return plainLookups
                .ended()
                .timeout(patience.toMillis(), TimeUnit.MILLISECONDS)
                .transform(ended -> server.shutdown(patience.toMillis(), TimeUnit.MILLISECONDS));
    }

    private static HttpServerOptions options(HttpSettings settings, Credentials credentials) {
        HttpServerOptions options = new HttpServerOptions()
                .setPort(settings.port() == 0 ? ANY_SHARED_PORT : settings.port())
                .setIdleTimeoutUnit(TimeUnit.SECONDS)
                .setIdleTimeout(Math.toIntExact(settings.idleTimeout().toSeconds()))
                .setHttp2ClearTextEnabled(true)
                .setMaxInitialLineLength(settings.limits().requestLineBytes())
                .setMaxHeaderSize(settings.limits().headerBytes())
                .setInitialSettings(new Http2Settings()
                        .setMaxConcurrentStreams(settings.limits().streams())
                        .setMaxHeaderListSize(settings.limits().headerBytes()))
                .setAcceptBacklog(ACCEPT_BACKLOG)
                .setStrictThreadMode(true)
                // No WebSockets here, so no handler for them in every connection's way.
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false);
        credentials.identity().ifPresent(identity -> encrypt(options, identity, settings.readTimeout()));
        return options;
    }

    private static void encrypt(HttpServerOptions options, TlsIdentity identity, Duration readTimeout) {
        boolean shorter = readTimeout.isPositive() && readTimeout.compareTo(SLOWEST_HANDSHAKE) < 0;
        options.setSsl(true)
                .setUseAlpn(true)
                .setClientAuth(identity.clients().isPresent() ? ClientAuth.REQUIRED : ClientAuth.NONE)
                .setKeyCertOptions(identity.identity())
                .setSslHandshakeTimeoutUnit(TimeUnit.MILLISECONDS)
                .setSslHandshakeTimeout((shorter ? readTimeout : SLOWEST_HANDSHAKE).toMillis());
        identity.clients().ifPresent(options::setTrustOptions);
    }

    private void onAccept(Channel channel) {
        listener = channel.parent();
        timeouts.watch(channel);
        plainLookups.serve(channel);
        if (channel instanceof IoUringSocketChannel) {
            channel.pipeline().addFirst(new FairReading(turn));
        }
    }

    private void onConnection(HttpConnection connection) {
        Channel channel = ((ConnectionBase) connection).channel();
        timeouts.protocolKnown(channel, isHttp2(connection));
        if (isHttp2(connection)) {
            channel.pipeline().addFirst(new UnreadPause());
            StreamsEnd.follow(channel);
        }
        connections.add(connection);
        connection.closeHandler(closed -> {
            connections.remove(connection);
            settleDrain();
        });
    }

    private void settleDrain() {
        if (lastAccepted && connections.isEmpty() && plainLookups.isEmpty()) {
            drained.tryComplete();
        }
    }

    private void onRequest(HttpServerRequest request) {
        if (draining) {
            announceClose(request);
        }
        HttpServerResponse response = request.response();
        if (response.writeQueueFull()) {
            // The client leaves earlier responses unread. Meanwhile nothing more is read from it, nor kept for it.
            response.drainHandler(drained -> {
                // Or else it would be called again when this request's own response has filled the queue.
                response.drainHandler(null);
                route(request);
            });
        } else {
            route(request);
        }
    }

    private void route(HttpServerRequest request) {
        @Nullable String target = request.uri();
        if (target == null) {
            // CONNECT over HTTP/2 has none.
            Problems.malformedRequest(request, 400);
        } else if (target.length() > longestTarget) {
            // Only HTTP/2 gets so far: its target is a header.
            Problems.malformedRequest(request, 414);
        } else if (target.startsWith(USERS_WITH_QUERY)) {
            users.handle(request, target.substring(USERS_WITH_QUERY.length()));
        } else if (UsersEndpoint.PATH.equals(request.path())) {
            users.handle(request, request.query());
        } else {
            otherRoutes.handle(request);
        }
    }

    private static void announceClose(HttpServerRequest request) {
        if (request.version() != HttpVersion.HTTP_2) {
            request.response().putHeader(HttpHeaders.CONNECTION, HttpHeaders.CLOSE);
            request.connection().shutdown(1, TimeUnit.HOURS);
        }
    }

    private static void onInvalidRequest(HttpServerRequest request) {
        Throwable cause = request.decoderResult().cause();
        int status = cause instanceof TooLongHttpLineException
                ? 414
                : cause instanceof TooLongHttpHeaderException ? 431 : 400;
        Problems.malformedRequest(request, status);
    }

    private static boolean isHttp2(HttpConnection connection) {
        return !(connection instanceof Http1xServerConnection);
    }
}
