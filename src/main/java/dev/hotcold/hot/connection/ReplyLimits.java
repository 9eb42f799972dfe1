package dev.hotcold.hot.connection;

/**
 * The most that a Redis may send, which is far beyond what a Redis that is well sends to this service. What is longer would have
 * the process announce, copy or log whatever a broken or hostile server dictates.
 *
 * @param lineBytes a line: an error, or the length of what follows; Redis cuts what it quotes in an error short
 * @param bulkBytes a text, above all a cached user
 * @param replyBytes a whole reply, such as all users of one MGET
 * @param elements the elements of a reply at all depths; the largest that the service asks for is a page of SCAN
 * @param depth arrays in arrays
 * @param pushes what comes between replies
 */
public record ReplyLimits(
        int lineBytes, long bulkBytes, long replyBytes, int elements, int depth, PushAllowance.Limits pushes) {

    private static final long MEGABYTE = 1 << 20;

    /** For this process: what stands in its memory while it is read must leave room for everything else. */
    public static ReplyLimits ofThisProcess() {
        return ofHeap(Runtime.getRuntime().maxMemory());
    }

    static ReplyLimits ofHeap(long bytes) {
        long bulk = Math.clamp(bytes / 8, 8 * MEGABYTE, 64 * MEGABYTE);
        long reply = Math.clamp(bytes / 4, 2 * bulk, 1024 * MEGABYTE);
        return new ReplyLimits(8192, bulk, reply, 100_000, 8, PushAllowance.Limits.keeping(0));
    }

    /** The same for a connection that reads under tracking what a near cache of so many entries keeps. */
    ReplyLimits tracking(int nearEntries) {
        return new ReplyLimits(
                lineBytes, bulkBytes, replyBytes, elements, depth, PushAllowance.Limits.keeping(nearEntries));
    }
}
