package dev.hotcold.loop;

/**
 * Where the outcome of asynchronous work goes: by one of two calls, once. Neither may throw. Lighter than a future on the
 * paths that every lookup takes.
 *
 * <p>Confined to: the event loop of the work.
 *
 * @param <V> what the work yields
 */
public interface Completion<V> {

    /** The work yielded this. */
    void complete(V outcome);

    /** The work failed. */
    void fail(Throwable cause);
}
