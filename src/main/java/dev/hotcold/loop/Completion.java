package dev.hotcold.loop;

import io.vertx.core.Promise;

/**
 * Where the outcome of asynchronous work goes: by one of two calls, once. Neither may throw. Lighter than a future on the
 * paths that every lookup takes.
 *
 * <p>Confined to: the event loop of the work.
 *
 * @param <V> what the work yields
 */
public interface Completion<V> {

    /** One that settles a promise. */
    static <V> Completion<V> of(Promise<V> promise) {
        return new Completion<>() {
            @Override
            public void complete(V outcome) {
                promise.complete(outcome);
            }

            @Override
            public void fail(Throwable cause) {
                promise.fail(cause);
            }
        };
    }

    /** The work yielded this. */
    void complete(V outcome);

    /** The work failed. */
    void fail(Throwable cause);
}
