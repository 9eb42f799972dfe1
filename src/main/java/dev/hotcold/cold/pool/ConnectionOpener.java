package dev.hotcold.cold.pool;

import dev.hotcold.loop.Loop;
import java.time.Duration;

/**
 * Opens connections, one at a time. After a failure it pauses, so that a database that is down costs a lookup nothing.
 *
 * <p>Confined to: its event loop.
 */
final class ConnectionOpener {

    /** A connection that breaks sooner did not last. */
    static final Duration BRIEF = Duration.ofSeconds(1);

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
    private long attemptBegan;

    /** How long the last attempt took; zero = there was none since a connection has answered in time. */
    private Duration lastTook = Duration.ZERO;

    /** Connections in a row that did not last, without an answer of any. */
    private int brief;

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
        attemptBegan = loop.nanos();
        connector.connect().onComplete(this::opened, this::failed);
    }

    /**
     * A connection broke. A server may let everybody in and end each connection without an answer, and then each lookup would
     * open one: so the second that did not last is followed by a pause, as a failure is.
     *
     * @param lasted whether it was open for longer than {@link #BRIEF}
     */
    void broke(boolean lasted) {
        brief = lasted ? 0 : brief + 1;
        if (brief > 1) {
            pause();
        }
    }

    /** A connection has answered in time. */
    void answered() {
        brief = 0;
        lastTook = Duration.ZERO;
    }

    private void pause() {
        if (state == State.READY) {
            state = State.PAUSED;
            loop.after(PAUSE, this::endPause);
        }
    }

    /** Whether an attempt is in progress. */
    boolean isConnecting() {
        return state == State.CONNECTING;
    }

    /** Whether an attempt has been in progress for longer than that, or the last one was, and no connection has answered since. */
    boolean hangs(Duration longerThan) {
        return lastTook.compareTo(longerThan) > 0
                || (isConnecting() && loop.nanos() - attemptBegan > longerThan.toNanos());
    }

    /** Whether the last attempt failed, or its connection did not last, a moment ago. */
    boolean isPaused() {
        return state == State.PAUSED;
    }

    private void opened(PostgresConnection connection) {
        state = State.READY;
        lastTook = Duration.ofNanos(loop.nanos() - attemptBegan);
        listener.opened(connection);
    }

    private void failed(Throwable cause) {
        state = State.READY;
        lastTook = Duration.ofNanos(loop.nanos() - attemptBegan);
        pause();
        listener.openFailed(cause);
    }

    private void endPause() {
        state = State.READY;
        listener.pauseEnded();
    }
}
