package dev.hotcold.http;

/** Hears what the public server refuses. Called from all event loops; must not block and must not throw. */
public interface RefusalObserver {

    /** A lookup came without a key that is known. */
    void requestUnauthorized();
}
