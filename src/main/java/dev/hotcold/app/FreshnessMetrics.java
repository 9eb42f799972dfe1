package dev.hotcold.app;

import dev.hotcold.changefeed.FeedStatus;
import dev.hotcold.verify.ContinuousVerification;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;

/** Publishes how fresh the cache is: the change feed, and the comparison with the database. */
final class FreshnessMetrics {

    private FreshnessMetrics() {}

    static void register(MeterRegistry registry, FeedStatus status, ContinuousVerification verification) {
        FunctionCounter.builder("hotcold.verification.compared", verification, ContinuousVerification::compared)
                .description("Cached users that were compared with PostgreSQL")
                .register(registry);
        FunctionCounter.builder("hotcold.verification.in.flight", verification, ContinuousVerification::inFlight)
                .description("Cached users that differed for a moment: a change was on its way")
                .register(registry);
        FunctionCounter.builder("hotcold.verification.stale", verification, ContinuousVerification::stale)
                .description("Cached users that were stale")
                .register(registry);
        for (FeedStatus.Role role : FeedStatus.Role.values()) {
            Gauge.builder("hotcold.changefeed.role", status, now -> now.role() == role ? 1 : 0)
                    .description("1 = what this instance does for the change feed")
                    .tag("role", role.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
        Gauge.builder("hotcold.changefeed.lag.seconds", status, FeedStatus::lagSeconds)
                .description("How long ago the oldest commit was made that is not applied yet; only its owner knows")
                .register(registry);
        Gauge.builder("hotcold.changefeed.lag.bytes", status, FeedStatus::lagBytes)
                .description("How far PostgreSQL's log goes on behind what the change feed has acknowledged")
                .register(registry);
        FunctionCounter.builder("hotcold.changefeed.changes", status, FeedStatus::changes)
                .description("Changes that this instance has applied to Redis")
                .register(registry);
        FunctionCounter.builder("hotcold.changefeed.clears", status, FeedStatus::clears)
                .description("How often this instance has emptied Redis: after a gap in the log, or a TRUNCATE")
                .register(registry);
        FunctionCounter.builder("hotcold.changefeed.sessions", status, FeedStatus::sessions)
                .description("How often this instance has begun to follow the log")
                .register(registry);
    }
}
