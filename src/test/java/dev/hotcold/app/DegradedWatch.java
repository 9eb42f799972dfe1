package dev.hotcold.app;

import dev.hotcold.testkit.TestService;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Scrapes a service all the time for the components that it publishes as degraded. */
final class DegradedWatch implements AutoCloseable {

    private static final Pattern DEGRADED = Pattern.compile("(?m)^hotcold_degraded\\{component=\"(\\w+)\"} 1\\.0$");

    private static final Duration PACE = Duration.ofMillis(20);

    private final TestService service;
    private final Set<String> seen = new ConcurrentSkipListSet<>();
    private final Thread thread;
    private volatile boolean goesOn = true;

    private DegradedWatch(TestService service) {
        this.service = service;
        this.thread = Thread.ofPlatform().name("degraded-watch").start(this::watch);
    }

    static DegradedWatch begin(TestService service) {
        return new DegradedWatch(service);
    }

    private void watch() {
        try {
            while (goesOn) {
                DEGRADED.matcher(service.manage("/metrics").body())
                        .results()
                        .forEach(match -> seen.add(match.group(1)));
                // The pace of the scrapes, and no wait for anything.
                TimeUnit.NANOSECONDS.sleep(PACE.toNanos());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** What was degraded at any time since it began. */
    Set<String> seen() {
        return seen;
    }

    @Override
    public void close() {
        goesOn = false;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }
}
