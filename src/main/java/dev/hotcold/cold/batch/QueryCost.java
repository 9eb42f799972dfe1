package dev.hotcold.cold.batch;

import java.time.Duration;

/**
 * How long a query of a given number of ids takes: a fixed part and one for each id, learnt from recent queries. From that
 * follows how many ids a query may have so that its callers are answered in time.
 *
 * <p>A straight line through sizes and times by weighted least squares, in which each query counts a little less than the
 * one after it. Where all queries were of one size nothing tells the two parts apart: then a weak anchor lays the line
 * through the origin, so that smaller queries are tried; they show at once what that saves.
 *
 * <p>A query that was given up does not tell how long it would have taken. Then everything before it is forgotten, and
 * queries start small and double with each that is answered.
 *
 * <p>Confined to: its event loop.
 */
final class QueryCost {

    /** The fewest ids that a query is cut down to: so few that less would save next to nothing. */
    private static final int SMALLEST = 8;

    /** What a query counts when the next one has ended. */
    private static final double MEMORY = 0.97;

    /** What the origin counts beside the last query. */
    private static final double ANCHOR = 0.01;

    private final int largest;
    private final double target;
    private double weight;
    private double sizes;
    private double times;
    private double squares;
    private double products;
    private int cap;

    /**
     * @param largest how many ids a query may have at most
     * @param target how long a query should take at most; a part of the time after which it is given up
     */
    QueryCost(int largest, Duration target) {
        this.largest = largest;
        this.cap = largest;
        this.target = target.toNanos();
    }

    /**
     * A query took so long.
     *
     * @param ids 0: it was a probe
     */
    void add(int ids, long nanos) {
        count(1, ids, nanos, MEMORY);
        if (ids > 0) {
            cap = Math.min(largest, 2 * cap);
        }
    }

    /** A query was given up after so long. */
    void addGivenUp(int ids, long nanos) {
        count(0, 0, 0, 0);
        cap = Math.clamp((long) (ids * target / nanos), SMALLEST, largest);
    }

    private void count(int queries, int ids, long nanos, double memory) {
        weight = weight * memory + queries;
        sizes = sizes * memory + ids;
        times = times * memory + nanos;
        squares = squares * memory + (double) ids * ids;
        products = products * memory + (double) ids * nanos;
    }

    /**
     * How many ids the next query may have: as many as are answered within the target, or, where the fixed part takes much
     * of that, within twice the fixed part.
     */
    int maxIds() {
        double perId = perId();
        double fixed = fixed(perId);
        double share = Math.max(target - fixed, fixed);
        return perId * cap <= share ? cap : Math.max(SMALLEST, (int) (share / perId));
    }

    /** Nanoseconds that a query of so many ids is going to take; 0 = nothing is known yet. */
    long nanos(int ids) {
        return nanos(1, ids);
    }

    /** The same for several queries, of so many ids altogether. */
    long nanos(int queries, int ids) {
        double perId = perId();
        return (long) (fixed(perId) * queries + perId * ids);
    }

    private double perId() {
        double all = weight + ANCHOR;
        double spread = squares - sizes * sizes / all;
        return spread <= 0 ? 0 : Math.max(0, (products - sizes * times / all) / spread);
    }

    private double fixed(double perId) {
        return Math.max(0, (times - perId * sizes) / (weight + ANCHOR));
    }
}
