package dev.hotcold.hot;

/**
 * How many of the users looked for of late were missing: a mean in which older ones count ever less.
 *
 * <p>Confined to: its event loop.
 */
final class MissRatio {

    private static final double WEIGHT = 1.0 / 256;

    /** So few hits are left that a round trip saved for each miss outweighs what a script costs a hit. */
    private static final double NEARLY_ALL = 0.9;

    private double ratio;

    void add(boolean missing) {
        ratio += ((missing ? 1 : 0) - ratio) * WEIGHT;
    }

    /** Begins anew, without an expectation. */
    void reset() {
        ratio = 0;
    }

    /** Whether nearly all are missing. */
    boolean areExpected() {
        return ratio > NEARLY_ALL;
    }
}
