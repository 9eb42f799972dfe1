package dev.hotcold.cold.pool;

import dev.hotcold.loop.Loop;
import java.time.Duration;

/**
 * Opens connections, one at a time. After a failure it pauses, so that a database that is down costs a lookup nothing.
 *
 * <p>Confined to: its event loop.
 */
final class ConnectionOpener {

    private static final Duration PAUSE = Duration.ofMillis(200);

    private enum State {
        READY,
        CONNECTING,
        PAUSED
    }

    /** Where the outcome of each attempt goes. */
    interface Listener {

        /** A connection has opened. */
        void opened(PostgresConnection connection);

        /** No connection could be opened; the pause has begun. */
        void openFailed(Throwable cause);

        /** The pause is over. */
        void pauseEnded();
    }

    private final Connector connector;
    private final Loop loop;
    private final Listener listener;
    private State state = State.READY;

    ConnectionOpener(Connector connector, Loop loop, Listener listener) {
        this.connector = connector;
        this.loop = loop;
        this.listener = listener;
    }

    /** Starts an attempt, unless one is in progress or the pause lasts. */
    void open() {
        if (state != State.READY) {
            return;
        }
        state = State.CONNECTING;
        connector.connect().onComplete(this::opened, this::failed);
    }

    /** Waits as after a failure: a connection has opened, but did not last. */
    void pause() {
        if (state == State.READY) {
            state = State.PAUSED;
            loop.after(PAUSE, this::endPause);
        }
    }

    /** Whether an attempt is in progress. */
    boolean isConnecting() {
        return state == State.CONNECTING;
    }

    /** Whether the last attempt failed a moment ago. */
    boolean isPaused() {
        return state == State.PAUSED;
    }

    private void opened(PostgresConnection connection) {
        state = State.READY;
        listener.opened(connection);
    }

    private void failed(Throwable cause) {
        state = State.READY;
        pause();
        listener.openFailed(cause);
    }

    private void endPause() {
        state = State.READY;
        listener.pauseEnded();
    }
}
