package dev.hotcold.flight;

/**
 * Hears of the outcome of work, once: by one of two calls, which must not throw.
 *
 * <p>Confined to: the event loop of the work.
 *
 * @param <V> what it yields
 */
public interface Landing<V> {

    /** It has yielded this. */
    void landed(V outcome);

    /** It has failed. */
    void crashed(Throwable cause);
}
