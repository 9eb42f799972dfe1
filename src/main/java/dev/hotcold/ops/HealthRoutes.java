package dev.hotcold.ops;

import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** {@code /healthz}: the process lives. {@code /readyz}: it should get traffic, and what is degraded. */
public final class HealthRoutes {

    private HealthRoutes() {}

    /**
     * Adds the routes.
     *
     * @param detailed whether to say why a component is degraded; for the management port only
     */
    public static void mount(Router router, Health health, boolean detailed) {
        forReading(router.route("/healthz"))
                .handler(context -> send(context, 200, new JsonObject().put("status", "alive")));
        forReading(router.route("/readyz"))
                .handler(context -> send(context, health.asked() ? 200 : 503, health.toJson(detailed)));
    }

    private static Route forReading(Route route) {
        return route.method(HttpMethod.GET).method(HttpMethod.HEAD);
    }

    private static void send(RoutingContext context, int status, JsonObject body) {
        Buffer content = body.toBuffer();
        HttpServerResponse response = context.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/json; charset=utf-8")
                .putHeader("Cache-Control", "no-store");
        if (HttpMethod.HEAD.equals(context.request().method())) {
            response.putHeader("Content-Length", Integer.toString(content.length()))
                    .end();
        } else {
            response.end(content);
        }
    }
}
