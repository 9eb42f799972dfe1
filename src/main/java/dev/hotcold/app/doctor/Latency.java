package dev.hotcold.app.doctor;

import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;

/** How long a store takes for a round trip. */
final class Latency {

    private static final int PINGS = 9;

    private Latency() {}

    /** One round trip. */
    @FunctionalInterface
    interface Ping<E extends Exception> {
        void run() throws E;
    }

    /** The median of several. */
    static <E extends Exception> Duration median(Ping<E> ping) throws E {
        ping.run();
        long[] nanos = new long[PINGS];
        for (int i = 0; i < PINGS; i++) {
            long begun = System.nanoTime();
            ping.run();
            nanos[i] = System.nanoTime() - begun;
        }
        Arrays.sort(nanos);
        return Duration.ofNanos(nanos[PINGS / 2]);
    }

    /** Tells it, and warns where it is more than the service gives a reply in comfort. */
    static void tell(Findings findings, Duration median, Duration comfort, Duration total) {
        String told = "a round trip takes " + millis(median) + " ms";
        if (median.compareTo(comfort) < 0) {
            findings.ok(told);
            return;
        }
        long enough = Math.ceilDiv(2 * median.toMillis() * total.toMillis(), Math.max(1, comfort.toMillis()));
        findings.warn(
                told + ", and of REQUEST_TIMEOUT_MS (" + total.toMillis() + ") no more than " + millis(comfort)
                        + " ms are there for it",
                "REQUEST_TIMEOUT_MS=" + enough + ", or run the service nearer to it");
    }

    private static String millis(Duration time) {
        return String.format(Locale.ROOT, "%.1f", time.toNanos() / 1e6);
    }
}
