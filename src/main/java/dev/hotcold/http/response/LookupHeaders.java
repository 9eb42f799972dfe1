package dev.hotcold.http.response;

import dev.hotcold.http.access.AccessSettings;
import dev.hotcold.http.access.AllowedOrigins;
import dev.hotcold.http.response.ResponseTemplate.Header;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the responses to lookups say to caches (RFC 9111) and to browsers (CORS): the same for all requests that a service gets,
 * so that it is laid out once. Immutable.
 *
 * <p>A cache knows nothing of X-API-Key, nor of a client certificate that was shown on another connection. So where only some
 * clients get users, no shared cache may keep one. {@code public} is never said: it would also let a cache keep the response
 * to a request with Authorization, and who sends that has somebody in front of this service who checks it.
 */
public final class LookupHeaders {

    /** No cache keeps a response. */
    public static final CharSequence NO_STORE = HttpHeaders.createOptimized("no-store");

    /** The defaults: no cache keeps a response, and no page of another origin reads it. */
    public static final LookupHeaders UNSHARED = new LookupHeaders(
            Duration.ZERO, new AccessSettings(Optional.empty(), Optional.empty(), AllowedOrigins.NONE), false);

    private static final CharSequence EXPOSED =
            HttpHeaders.createOptimized("Cache-Status, Retry-After, WWW-Authenticate");

    private static final CharSequence ANY_ORIGIN = HttpHeaders.createOptimized("*");

    private final boolean mayKeepUsers;
    private final CharSequence ofUsers;
    private final List<Header> ofAll;

    /**
     * @param cacheTime how long a user may be kept; 0 = not at all
     * @param bypass whether {@code Cache-Control: no-cache} makes a lookup read the database
     */
    public LookupHeaders(Duration cacheTime, AccessSettings access, boolean bypass) {
        this.mayKeepUsers = cacheTime.isPositive();
        this.ofUsers = !mayKeepUsers
                ? NO_STORE
                : HttpHeaders.createOptimized(
                        (access.isRestricted() ? "private, max-age=" : "max-age=") + cacheTime.toSeconds());
        List<Header> headers = new ArrayList<>();
        String vary = vary(access, bypass);
        if (!vary.isEmpty()) {
            headers.add(new Header(HttpHeaders.VARY, HttpHeaders.createOptimized(vary)));
        }
        if (access.origins().all()) {
            headers.add(new Header(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, ANY_ORIGIN));
            headers.add(new Header(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED));
        }
        this.ofAll = List.copyOf(headers);
    }

    /** Whether any cache may keep a user. */
    boolean mayKeepUsers() {
        return mayKeepUsers;
    }

    /** Cache-Control of a user who is up to date; all other responses say {@link #NO_STORE}. */
    CharSequence ofUsers() {
        return ofUsers;
    }

    /** Further headers of every response. */
    List<Header> ofAll() {
        return ofAll;
    }

    /** Adds what every response has, be it a problem, to a response that has not begun. */
    public void addTo(HttpServerResponse response) {
        for (Header header : ofAll) {
            response.putHeader(header.name(), header.value());
        }
    }

    /** Lets pages of an origin read a response. */
    public static void allow(String origin, HttpServerResponse response) {
        response.putHeader(HttpHeaders.ACCESS_CONTROL_ALLOW_ORIGIN, origin)
                .putHeader(HttpHeaders.ACCESS_CONTROL_EXPOSE_HEADERS, EXPOSED);
    }

    /** The headers of requests that change the response. */
    private static String vary(AccessSettings access, boolean bypass) {
        List<String> names = new ArrayList<>();
        if (access.apiKeys().isPresent()) {
            names.add("Authorization");
            names.add("X-API-Key");
        }
        if (bypass) {
            names.add("Cache-Control");
        }
        if (access.origins().areListed()) {
            names.add("Origin");
        }
        return String.join(", ", names);
    }
}
