package dev.hotcold.http.fastpath;

import io.netty.channel.Channel;
import io.netty.channel.group.ChannelGroup;
import io.netty.channel.group.DefaultChannelGroup;
import io.netty.util.concurrent.ImmediateEventExecutor;
import io.vertx.core.Future;
import io.vertx.core.Promise;

/**
 * Counts what the fast path of an event loop still has to finish before the server may close.
 *
 * <p>Confined to: its event loop.
 */
final class FastPathDrain {

    private final Runnable onConnectionLeft;
    private final Promise<Void> drained = Promise.promise();
    private final ChannelGroup connections = new DefaultChannelGroup(ImmediateEventExecutor.INSTANCE);
    private int lookups;
    private boolean draining;

    /** @param onConnectionLeft called after each {@link #connectionLeft} */
    FastPathDrain(Runnable onConnectionLeft) {
        this.onConnectionLeft = onConnectionLeft;
    }

    /** From now on no request may start on the fast path. */
    void begin() {
        draining = true;
        completeIfDrained();
    }

    boolean isDraining() {
        return draining;
    }

    /** Succeeds once no lookup is in flight after {@link #begin}. */
    Future<Void> drained() {
        return drained.future();
    }

    /** How many connections carry requests on the fast path. */
    int connections() {
        return connections.size();
    }

    /** A connection carries its first request. */
    void connectionJoined(Channel connection) {
        connections.add(connection);
    }

    /** A connection that had joined has closed or left the fast path. */
    void connectionLeft(Channel connection) {
        connections.remove(connection);
        onConnectionLeft.run();
    }

    /** Closes the connections that carry requests on the fast path. Thread-safe. */
    void close() {
        var _ = connections.close();
    }

    void lookupStarted() {
        lookups++;
    }

    void lookupEnded() {
        lookups--;
        completeIfDrained();
    }

    private void completeIfDrained() {
        if (draining && lookups == 0) {
            drained.tryComplete();
        }
    }
}
