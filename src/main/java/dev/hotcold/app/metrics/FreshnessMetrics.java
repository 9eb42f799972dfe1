package dev.hotcold.app.metrics;

import dev.hotcold.changefeed.FeedStatus;
import dev.hotcold.verify.ContinuousVerification;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/** Publishes how fresh the cache is: the change feed, and the comparison with the database. */
public final class FreshnessMetrics {

    private FreshnessMetrics() {}

    public static void register(MeterRegistry registry, FeedStatus status, ContinuousVerification verification) {
        Counters<ContinuousVerification> compared = new Counters<>(registry, verification);
        compared.add(
                "hotcold.verification.compared",
                "Cached users that were compared with PostgreSQL",
                ContinuousVerification::compared);
        compared.add(
                "hotcold.verification.in.flight",
                "Cached users that differed for a moment: a change was on its way",
                ContinuousVerification::inFlight);
        compared.add("hotcold.verification.stale", "Cached users that were stale", ContinuousVerification::stale);
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
        Counters<FeedStatus> followed = new Counters<>(registry, status);
        followed.add(
                "hotcold.changefeed.changes", "Changes that this instance has applied to Redis", FeedStatus::changes);
        followed.add(
                "hotcold.changefeed.clears",
                "How often this instance has emptied Redis: after a gap in the log, or a TRUNCATE",
                FeedStatus::flushes);
        followed.add(
                "hotcold.changefeed.sessions",
                "How often this instance has begun to follow the log",
                FeedStatus::sessions);
    }

    /** @param source read at each scrape; meters alone do not keep it from being collected */
    private record Counters<T>(MeterRegistry registry, T source) {

        void add(String name, String description, ToDoubleFunction<T> value) {
            FunctionCounter.builder(name, source, value)
                    .description(description)
                    .register(registry);
        }
    }
}
