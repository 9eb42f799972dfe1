package dev.hotcold.http.connection;

import dev.hotcold.loop.Loop;
import io.vertx.core.http.HttpConnection;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Takes leave of HTTP/2 clients in two steps (RFC 9113, section 6.8): the first GOAWAY asks for no more requests and refuses none,
 * since some may be on their way; the second names the last request that is answered.
 *
 * <p>Confined to: its event loop.
 */
public final class Http2Farewell {

    /** Longer than a round trip to any client. */
    private static final Duration BETWEEN = Duration.ofMillis(700);

    private static final long NO_ERROR = 0;

    private Http2Farewell() {}

    /**
     * Announces the end to all clients.
     *
     * @param connections of HTTP/2
     */
    public static void begin(Collection<HttpConnection> connections, Loop loop) {
        List<HttpConnection> open = List.copyOf(connections);
        open.forEach(connection -> connection.goAway(NO_ERROR, Integer.MAX_VALUE));
        loop.after(BETWEEN, () -> open.forEach(connection -> connection.shutdown(1, TimeUnit.HOURS)));
    }
}
