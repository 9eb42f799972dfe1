package dev.hotcold.ops;

import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** What the management port serves: metrics and health. */
public final class ManagementPages {

    private static final String PROMETHEUS_TEXT = "text/plain; version=0.0.4; charset=utf-8";

    private ManagementPages() {}

    /** The routes of GET and HEAD; for one event loop. */
    public static Router router(Vertx vertx, Health health, PrometheusMeterRegistry registry) {
        Router router = Router.router(vertx);
        HealthRoutes.mount(router, health, true);
        Scrapes scrapes = new Scrapes(vertx, () -> Buffer.buffer(registry.scrape()));
        forReading(router.route("/metrics"))
                .handler(context -> scrapes.next()
                        .onSuccess(text -> send(context, PROMETHEUS_TEXT, text))
                        .onFailure(context::fail));
        forReading(router.route("/"))
                .handler(context ->
                        send(context, "text/plain; charset=utf-8", Buffer.buffer("/metrics\n/healthz\n/readyz\n")));
        return router;
    }

    private static Route forReading(Route route) {
        return route.method(HttpMethod.GET).method(HttpMethod.HEAD);
    }

    private static void send(RoutingContext context, String type, Buffer content) {
        HttpServerResponse response = context.response();
        if (response.closed()) {
            return;
        }
        response.putHeader("Content-Type", type);
        if (HttpMethod.HEAD.equals(context.request().method())) {
            response.putHeader("Content-Length", Integer.toString(content.length()))
                    .end();
        } else {
            response.end(content);
        }
    }
}
