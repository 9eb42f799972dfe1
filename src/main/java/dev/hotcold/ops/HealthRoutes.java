package dev.hotcold.ops;

import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/** {@code /healthz}: the process lives. {@code /readyz}: it should get traffic, and what is degraded. */
public final class HealthRoutes {

    private HealthRoutes() {}

    /**
     * Adds the routes.
     *
     * @param detailed whether to say what ails a component; for the management port only
     */
    public static void mount(Router router, Health health, boolean detailed) {
        router.get("/healthz").handler(context -> send(context, 200, new JsonObject().put("status", "alive")));
        router.get("/readyz").handler(context -> send(context, health.isReady() ? 200 : 503, health.toJson(detailed)));
    }

    private static void send(RoutingContext context, int status, JsonObject body) {
        context.response()
                .setStatusCode(status)
                .putHeader("Content-Type", "application/json; charset=utf-8")
                .putHeader("Cache-Control", "no-store")
                .end(body.encode());
    }
}
