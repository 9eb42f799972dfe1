package dev.hotcold.http.fastpath;

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
    private int connections;
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
        return connections;
    }

    /** A connection carries its first request. */
    void connectionJoined() {
        connections++;
    }

    /** A connection that had joined has closed or left the fast path. */
    void connectionLeft() {
        connections--;
        onConnectionLeft.run();
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
