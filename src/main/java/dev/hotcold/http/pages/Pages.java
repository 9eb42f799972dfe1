package dev.hotcold.http.pages;

import dev.hotcold.http.response.Problems;
import dev.hotcold.http.response.SecurityHeaders;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Route;
import io.vertx.ext.web.Router;

/** The routes of everything on the public port that is not a lookup. */
public final class Pages {

    private static final String PAGE = "/swagger";

    /** Relative, as every address is that a page or a response has: a proxy may serve all this under a prefix. */
    private static final String LOCATION = "swagger/";

    private static final int PERMANENT_REDIRECT = 308;

    private Pages() {}

    /**
     * Adds the pages, and the answers to unknown routes and methods, which must come last. The first call reads the pages into
     * memory; they are shared by all routers, and sending one touches no file.
     */
    public static void mount(Router router) {
        for (StaticPage page : StaticPage.all()) {
            getAndHead(router.route(page.path())).handler(page::send);
        }
        // After /swagger/, which this route would match as well.
        getAndHead(router.route(PAGE))
                .handler(context -> SecurityHeaders.add(context.request(), SecurityHeaders.FOR_DATA)
                        .setStatusCode(PERMANENT_REDIRECT)
                        .putHeader(HttpHeaders.LOCATION, LOCATION)
                        .end());
        router.errorHandler(400, context -> Problems.malformedRequest(context.request(), 400));
        router.errorHandler(404, context -> Problems.noSuchRoute(context.request()));
        router.errorHandler(405, context -> Problems.methodNotAllowed(context.request()));
        router.errorHandler(500, context -> Problems.internalError(context.request()));
    }

    private static Route getAndHead(Route route) {
        return route.method(HttpMethod.GET).method(HttpMethod.HEAD);
    }
}
