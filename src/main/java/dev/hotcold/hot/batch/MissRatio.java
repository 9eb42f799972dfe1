package dev.hotcold.hot.batch;

/**
 * The share of recent reads that missed: an exponentially weighted mean.
 *
 * <p>Confined to: its event loop.
 */
public final class MissRatio {

    private static final double WEIGHT = 1.0 / 256;

    /** So few hits are left that a round trip saved for each miss outweighs what a script costs a hit. */
    private static final double NEARLY_ALL = 0.9;

    private double ratio;

    public void add(boolean missing) {
        ratio += ((missing ? 1 : 0) - ratio) * WEIGHT;
    }

    /** Starts over, without an expectation. */
    public void reset() {
        ratio = 0;
    }

    /** Whether nearly all reads miss. */
    public boolean areExpected() {
        return ratio > NEARLY_ALL;
    }
}
