package dev.hotcold.ops;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.netty.handler.codec.DateFormatter;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import java.time.Instant;
import java.util.Date;

/** Metrics and health on a port of their own. */
public final class ManagementServer {

    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";
    private static final int IDLE_SECONDS = 60;

    private final HttpServer server;

    public ManagementServer(ManagementSettings settings, Vertx vertx, Health health, PrometheusMeterRegistry registry) {
        Router router = Router.router(vertx);
        router.route().handler(context -> {
            context.response().putHeader("Date", DateFormatter.format(Date.from(Instant.now())));
            context.next();
        });
        HealthRoutes.mount(router, health, true);
        router.get("/metrics")
                .handler(context -> context.response()
                        .putHeader("Content-Type", PROMETHEUS_TEXT)
                        .end(registry.scrape()));
        router.get("/")
                .handler(context -> context.response()
                        .putHeader("Content-Type", "text/plain; charset=utf-8")
                        .end("/metrics\n/healthz\n/readyz\n"));
        this.server = vertx.createHttpServer(new HttpServerOptions()
                        .setHost(settings.host())
                        .setPort(settings.port())
                        .setIdleTimeout(IDLE_SECONDS)
                        // Which also turns off the upgrade to it, by which a request passes a proxy's rules.
                        .setHttp2ClearTextEnabled(false))
                .requestHandler(router);
    }

    /** Listens; the port is known afterwards. */
    public Future<?> listen() {
        return server.listen();
    }

    /** The port listened on, also where the settings say 0. */
    public int port() {
        return server.actualPort();
    }
}
