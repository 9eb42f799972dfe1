package dev.hotcold.freshness;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/** How old hits were at most, by proof: a histogram. Written by one event loop; any thread may read it. */
public final class HitAges {

    private static final List<Duration> BOUNDS = List.of(
            Duration.ofMillis(50),
            Duration.ofMillis(100),
            Duration.ofMillis(250),
            Duration.ofMillis(500),
            Duration.ofSeconds(1),
            Duration.ofMillis(2500),
            Duration.ofSeconds(5),
            Duration.ofSeconds(10));

    private static final long[] BOUND_NANOS =
            BOUNDS.stream().mapToLong(Duration::toNanos).toArray();

    private final AtomicLongArray counts = new AtomicLongArray(BOUND_NANOS.length + 1);
    /** In microseconds: in nanoseconds it would be too large within weeks. */
    private final AtomicLong sum = new AtomicLong();

    /** The upper bounds of all buckets but the last, which has none. */
    public static List<Duration> bounds() {
        return BOUNDS;
    }

    /**
     * Counts a hit.
     *
     * @param nanos how old it was at most
     */
    public void add(long nanos) {
        int bucket = 0;
        while (bucket < BOUND_NANOS.length && nanos > BOUND_NANOS[bucket]) {
            bucket++;
        }
        // By its one writer: nothing is lost, and nobody waits.
        counts.setOpaque(bucket, counts.getPlain(bucket) + 1);
        sum.setOpaque(sum.getPlain() + nanos / 1000);
    }

    /** How many were in a bucket, counted from 0. */
    public long count(int bucket) {
        return counts.getOpaque(bucket);
    }

    /** The sum of all ages. */
    public double seconds() {
        return sum.getOpaque() / 1e6;
    }
}
