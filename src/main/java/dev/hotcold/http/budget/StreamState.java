package dev.hotcold.http.budget;

/**
 * What {@link UnreadStreams} knows of one stream.
 *
 * <p>Confined to: its connection's event loop.
 */
final class StreamState {

    /** Bytes of its response that are charged. */
    int bytes;

    /** Bytes of its request that are charged beyond the usual. */
    int requestBytes;

    /** Whether a response is there for the client to take. */
    boolean answered;

    /** Whether the client has taken a byte since the last sweep. */
    boolean moved;

    /** When it was last seen to have moved. */
    long since;

    /** Whether the client has sent something of its request since the last sweep. */
    boolean requestMoved = true;

    /** When that was last seen, for a stream whose response has been taken. */
    long requestSince;
}
