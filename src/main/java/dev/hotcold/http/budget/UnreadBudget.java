package dev.hotcold.http.budget;

import dev.hotcold.loop.Loop;

/**
 * How many bytes one event loop may keep for its clients: requests under way, and responses that are not taken. All paths charge it:
 * the fast path, HTTP/1.1 and HTTP/2, with and without TLS, lookups and pages. Half of it is for the streams of HTTP/2, a quarter for
 * responses that clients leave unread. The last quarter is a reserve: a client that takes what it gets is answered although others
 * have filled what is for them. Beyond all of it nothing new is begun.
 *
 * <p>Confined to: its event loop.
 */
public final class UnreadBudget {

    /** Direct memory may grow as large as the heap, and the heap has to hold more than this. */
    private static final int HEAP_SHARE = 2;

    private static final int STREAMS_SHARE = 2;
    private static final int RESPONSES_SHARE = 4;

    /** One client may fill this part of each share. */
    private static final int CLIENT_SHARE = 4;

    private final Loop loop;
    private final long max;
    private final Runnable onRefused;
    private long ofStreams;
    private long ofResponses;

    /**
     * @param max how many bytes this loop may keep; positive
     * @param onRefused called for each request that is refused because of this budget
     */
    public UnreadBudget(Loop loop, long max, Runnable onRefused) {
        this.loop = loop;
        this.max = max;
        this.onRefused = onRefused;
    }

    /** How many bytes all event loops together may keep, of a heap of this size. */
    public static long ofHeap(long heapBytes) {
        return heapBytes / HEAP_SHARE;
    }

    /** A request gets a 503 because of this budget. */
    void refuse() {
        onRefused.run();
    }

    /** Whether nothing new may be begun. */
    boolean isSpent() {
        return ofStreams + ofResponses >= max;
    }

    /** Whether there is room for all streams that there are, so many bytes of them one client's. */
    boolean hasRoomForStreams(long ofClient) {
        return hasRoom(ofStreams, ofClient, max / STREAMS_SHARE);
    }

    /** Whether there is room for a response of so many bytes to a client that leaves others unread. */
    boolean hasRoomForResponse(long ofClient, long response) {
        return hasRoom(ofResponses + response, ofClient + response, max / RESPONSES_SHARE);
    }

    private static boolean hasRoom(long ofAll, long ofClient, long share) {
        return ofAll <= share && ofClient <= share / CLIENT_SHARE;
    }

    /** @param bytes how many more streams take; negative: fewer */
    void chargeStreams(long bytes) {
        assert loop.isCurrent();
        ofStreams += bytes;
    }

    /** @param bytes how many more responses take; negative: fewer */
    void chargeResponses(long bytes) {
        assert loop.isCurrent();
        ofResponses += bytes;
    }

    /** How many bytes are kept. */
    long kept() {
        return ofStreams + ofResponses;
    }
}
