package dev.hotcold.http.fastpath;

import dev.hotcold.http.access.ApiKeyCheck;
import dev.hotcold.http.budget.UnreadResponses;
import dev.hotcold.http.response.LookupResponses;
import dev.hotcold.lookup.Lookup;
import dev.hotcold.lookup.LookupObserver;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.vertx.core.Future;
import org.jspecify.annotations.Nullable;

/**
 * The fast path of an event loop: puts a {@link FastPathConnection} in front of each connection's pipeline, and drains them.
 *
 * <p>Confined to: its event loop.
 */
public final class FastPath {

    private final FastPathDrain drain;
    private final FastPathContext context;

    /**
     * @param keys checks requests; null = they need no key
     * @param parser of this event loop; what it does not take is left to Vert.x
     * @param onConnectionLeft called when a connection that has carried a request has left or closed
     */
    public FastPath(
            Lookup lookup,
            LookupObserver observer,
            LookupResponses responses,
            @Nullable ApiKeyCheck keys,
            LookupRequestParser parser,
            Runnable onConnectionLeft) {
        this.drain = new FastPathDrain(onConnectionLeft);
        this.context = new FastPathContext(parser, keys, lookup::lookup, observer::lookupRejected, responses, drain);
    }

    /** Serves a connection from which nothing but a TLS handshake has been read. */
    public void serve(Channel channel) {
        FastPathConnection connection = new FastPathConnection(context, UnreadResponses.of(channel));
        SslHandler tls = channel.pipeline().get(SslHandler.class);
        if (tls == null) {
            channel.pipeline().addFirst(connection);
        } else {
            channel.pipeline().addAfter(channel.pipeline().context(tls).name(), null, connection);
        }
    }

    /** From now on each connection leaves the fast path with its next request. */
    public void drain() {
        drain.begin();
    }

    /** Succeeds once no lookup is in flight after {@link #drain}. */
    public Future<Void> drained() {
        return drain.drained();
    }

    /** Closes the connections that have carried a request and not left: to Vert.x each could still be about to send its first. */
    public void close() {
        drain.close();
    }

    /** Whether no connection that has carried a request is left. */
    public boolean isUnused() {
        return drain.connections() == 0;
    }
}
