package dev.hotcold.lookup;

/**
 * Hears what the hot store knows of a user, once: by one of two calls, which must not throw.
 *
 * <p>Confined to: the event loop of the store.
 */
public interface HotReader {

    /** The store has said this. */
    void said(HotRead read);

    /** The store could not say. */
    void failed(Throwable cause);
}
