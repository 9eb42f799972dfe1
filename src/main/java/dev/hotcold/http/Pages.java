package dev.hotcold.http;

import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;

/** Everything on the public port that is not a lookup: the API's description, its page, and what is not there. */
public final class Pages {

    private Pages() {}

    /** Adds the pages, and the answers for unknown routes and methods, which must come last. */
    public static void mount(Router router) {
        router.get("/openapi.yaml").handler(context -> openApi(context.response()));
        router.errorHandler(404, context -> Problems.noSuchRoute(context.response()));
        router.errorHandler(405, context -> Problems.methodNotAllowed(context.response()));
        router.errorHandler(500, context -> Problems.internalError(context.response()));
    }

    private static void openApi(HttpServerResponse response) {
        response.putHeader("Content-Type", "application/yaml").sendFile("openapi.yaml");
    }
}
