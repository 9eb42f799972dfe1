package dev.hotcold.hot.link;

import java.time.Duration;

/**
 * Counts outcomes of the last {@value #SECONDS} seconds, in slices of which the oldest is dropped as time passes.
 *
 * <p>Confined to: its event loop.
 */
final class OutcomeWindow {

    static final int SECONDS = 2;

    static final long NANOS = Duration.ofSeconds(SECONDS).toNanos();

    private static final int SLICES = 8;
    private static final long SLICE_NANOS = NANOS / SLICES;

    private final int[] all = new int[SLICES];
    private final int[] failed = new int[SLICES];
    private final int[] slow = new int[SLICES];
    private int current;
    private long currentSince;

    /** @param now monotonic, in nanoseconds, as in all calls */
    OutcomeWindow(long now) {
        this.currentSince = now;
    }

    void add(long now, boolean isFailure, boolean isSlow) {
        moveTo(now);
        all[current]++;
        failed[current] += isFailure ? 1 : 0;
        slow[current] += isSlow ? 1 : 0;
    }

    /** How many outcomes there are. */
    int size() {
        return sum(all);
    }

    /** Whether at least so many of a hundred outcomes are failures. */
    boolean failedReach(int percent) {
        return sum(failed) * 100L >= (long) percent * size();
    }

    /** Whether at least so many of a hundred outcomes are slow. */
    boolean slowReach(int percent) {
        return sum(slow) * 100L >= (long) percent * size();
    }

    void clear(long now) {
        for (int i = 0; i < SLICES; i++) {
            empty(i);
        }
        currentSince = now;
    }

    private void moveTo(long now) {
        if (now - currentSince >= SLICES * SLICE_NANOS) {
            clear(now);
        }
        while (now - currentSince >= SLICE_NANOS) {
            current = (current + 1) % SLICES;
            empty(current);
            currentSince += SLICE_NANOS;
        }
    }

    private void empty(int slice) {
        all[slice] = 0;
        failed[slice] = 0;
        slow[slice] = 0;
    }

    private static int sum(int[] slices) {
        int sum = 0;
        for (int count : slices) {
            sum += count;
        }
        return sum;
    }
}
