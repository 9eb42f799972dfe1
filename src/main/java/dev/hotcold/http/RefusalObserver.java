package dev.hotcold.http;

/** Hears what the public server refuses. Called from any thread; must not block and must not throw. */
public interface RefusalObserver {

    /** A lookup came without a key that is known. */
    void requestUnauthorized();

    /** A connection was one more than may be open at once. */
    void connectionRefused();
}
