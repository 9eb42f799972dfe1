package dev.hotcold.http.management;

import dev.hotcold.http.budget.TurnBudget;
import dev.hotcold.http.budget.UnreadBudget;
import dev.hotcold.http.budget.UnreadResponses;
import dev.hotcold.http.connection.AcceptHook;
import dev.hotcold.http.connection.ConnectionLimit;
import dev.hotcold.http.connection.ConnectionTimeouts;
import dev.hotcold.http.connection.Http1Pipeline;
import dev.hotcold.http.connection.LastResponse;
import dev.hotcold.http.response.LookupHeaders;
import dev.hotcold.http.response.Problems;
import dev.hotcold.loop.Loop;
import dev.hotcold.loop.NettyLoop;
import io.netty.channel.Channel;
import io.netty.handler.codec.DateFormatter;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.impl.HttpServerImpl;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.net.impl.ConnectionBase;
import io.vertx.ext.web.Router;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The server of metrics and health: HTTP/1.1 on an event loop of its own. */
public final class ManagementServer {

    private static final Logger LOG = LoggerFactory.getLogger(ManagementServer.class);

    /** More than the probes and scrapes of any deployment; few enough to be spared from the file descriptors. */
    public static final int MAX_CONNECTIONS = 50;

    /** A probe is sent at once, and its answer read at once. */
    private static final Duration READ = Duration.ofSeconds(5);

    private static final Duration WRITE = Duration.ofSeconds(5);

    /** Silent clients hold their connections for so long. A scrape that comes later opens another. */
    private static final int IDLE_SECONDS = 20;

    private static final int MAX_REQUEST_LINE_BYTES = 4096;
    private static final int MAX_HEADER_BYTES = 8192;

    /** More than the responses of all its connections. */
    private static final long MAX_UNREAD = 64 << 20;

    private static final String PAGES = "Here are /metrics, /healthz and /readyz.";

    private final ContextInternal context;
    private final ConnectionTimeouts timeouts;
    private final Http1Pipeline http1;
    private final UnreadBudget unread;
    private final TurnBudget turn;
    private final Router pages;
    private final HttpServer server;

    /**
     * @param pages what is served; what they do not handle is answered with problem details
     * @param port TCP port; 0 = any free one
     */
    public ManagementServer(String host, int port, Vertx vertx, Router pages) {
        VertxInternal internal = (VertxInternal) vertx;
        this.context = internal.createEventLoopContext();
        Loop loop = new NettyLoop(context.nettyEventLoop());
        this.timeouts = new ConnectionTimeouts(loop, READ, WRITE, () -> {});
        this.unread = new UnreadBudget(loop, MAX_UNREAD, () -> {});
        this.turn = new TurnBudget(loop);
        this.pages = pages;
        pages.errorHandler(400, failed -> Problems.malformedRequest(failed.request(), 400));
        pages.errorHandler(404, failed -> Problems.noSuchRoute(failed.request(), PAGES));
        pages.errorHandler(405, failed -> Problems.methodNotAllowed(failed.request()));
        pages.errorHandler(500, failed -> Problems.internalError(failed.request()));
        ConnectionLimit limit = new ConnectionLimit(MAX_CONNECTIONS, false, ManagementServer::onRefused);
        HttpServerOptions options = new HttpServerOptions()
                .setHost(host)
                .setPort(port)
                .setIdleTimeout(IDLE_SECONDS)
                .setHttp2ClearTextEnabled(false)
                .setMaxInitialLineLength(MAX_REQUEST_LINE_BYTES)
                .setMaxHeaderSize(MAX_HEADER_BYTES)
                .setPerFrameWebSocketCompressionSupported(false)
                .setPerMessageWebSocketCompressionSupported(false);
        this.http1 = new Http1Pipeline(options, turn);
        this.server = new HttpServerImpl(new AcceptHook(internal, this::onAccept, limit), options)
                .connectionHandler(connection -> timeouts.protocolKnown(((ConnectionBase) connection).channel(), false))
                .invalidRequestHandler(ManagementServer::onInvalidRequest)
                .requestHandler(this::onRequest);
    }

    /** Listens; the port is known afterwards. */
    public Future<?> listen() {
        Promise<Void> listening = context.promise();
        context.runOnContext(onLoop -> {
            timeouts.start();
            server.listen().<Void>mapEmpty().onComplete(listening);
        });
        return listening.future();
    }

    /** The port listened on, also where the settings say 0. */
    public int port() {
        return server.actualPort();
    }

    private void onAccept(Channel channel) {
        http1.watch(channel);
        timeouts.watch(channel, UnreadResponses.install(channel, unread, turn));
    }

    private void onRequest(HttpServerRequest request) {
        begin(request);
        pages.handle(request);
    }

    private static void onInvalidRequest(HttpServerRequest request) {
        begin(request);
        LastResponse.announce(request.connection());
        Problems.invalidRequest(request);
    }

    private static void begin(HttpServerRequest request) {
        request.response()
                .putHeader(HttpHeaders.DATE, DateFormatter.format(Date.from(Instant.now())))
                .putHeader(HttpHeaders.CACHE_CONTROL, LookupHeaders.NO_STORE);
    }

    private static void onRefused() {
        LOG.warn("The management port refuses connections: {} are open", MAX_CONNECTIONS);
    }
}
