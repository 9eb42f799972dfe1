package dev.hotcold.http;

/** Observes what the public server refuses. Called from any thread; must not block and must not throw. */
public interface RefusalObserver {

    /** A lookup had no known key. */
    void requestUnauthorized();

    /** A connection was beyond the limit. */
    void connectionRefused();

    /** A request got a 503 because too much lies unread. */
    void responseRefused();

    /** A connection was closed because its client took nothing of its responses for too long. */
    void connectionStalled();
}
