package dev.hotcold.loop;

/**
 * How many ids a request to a store may have so that its answer is not too large: learnt from recent answers, each of which counts a
 * little less than the one after it.
 *
 * <p>Confined to: its event loop.
 */
public final class AnswerSizes {

    /** What an answer counts when the next one has come. */
    private static final double MEMORY = 0.97;

    /** Answers differ: of this part of the limit the next one is expected to be. */
    private static final double AIM = 0.75;

    private final int largest;
    private final long limit;
    private double ids;
    private double bytes;

    /**
     * @param largest how many ids a request may have at most
     * @param limit bytes of one answer
     */
    public AnswerSizes(int largest, long limit) {
        this.largest = largest;
        this.limit = limit;
    }

    /**
     * There was an answer.
     *
     * @param answered how many ids it answers
     */
    public void add(int answered, long size) {
        ids = ids * MEMORY + answered;
        bytes = bytes * MEMORY + size;
    }

    /** There was an answer of which not all fit: what was known before has misled. */
    public void addCut(int answered, long size) {
        ids = answered;
        bytes = size;
    }

    /** How many ids the next request may have; 1 or more. */
    public int maxIds() {
        return bytes * largest <= limit * AIM * ids ? largest : Math.max(1, (int) (limit * AIM * ids / bytes));
    }
}
