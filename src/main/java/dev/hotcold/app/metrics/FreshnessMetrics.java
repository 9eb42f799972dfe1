package dev.hotcold.app.metrics;

import dev.hotcold.changefeed.FeedStatus;
import dev.hotcold.verify.ContinuousVerification;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/** Publishes how fresh the cache is: the change feed, and its continuous verification against PostgreSQL. */
public final class FreshnessMetrics {

    private FreshnessMetrics() {}

    public static void register(MeterRegistry registry, FeedStatus status, ContinuousVerification verification) {
        Counters<ContinuousVerification> compared = new Counters<>(registry, verification);
        compared.add(
                "hotcold.verification.compared",
                "Cached users compared with PostgreSQL",
                ContinuousVerification::compared);
        compared.add(
                "hotcold.verification.in.flight",
                "Cached users that differed only while a change was in flight",
                ContinuousVerification::inFlight);
        compared.add(
                "hotcold.verification.stale", "Cached users found stale, and removed", ContinuousVerification::stale);
        for (FeedStatus.Role role : FeedStatus.Role.values()) {
            Gauge.builder("hotcold.changefeed.role", status, now -> now.role() == role ? 1 : 0)
                    .description("1 for the role of this instance in the change feed, else 0")
                    .tag("role", role.name().toLowerCase(Locale.ROOT))
                    .register(registry);
        }
        Gauge.builder("hotcold.changefeed.lag.seconds", status, FeedStatus::lagSeconds)
                .description(
                        "Age of the oldest commit that is not applied yet; NaN unless this instance owns the change feed")
                .register(registry);
        Gauge.builder("hotcold.changefeed.lag.bytes", status, FeedStatus::lagBytes)
                .description("WAL that PostgreSQL has written beyond what the change feed has acknowledged")
                .register(registry);
        Counters<FeedStatus> followed = new Counters<>(registry, status);
        followed.add("hotcold.changefeed.changes", "Changes applied to Redis by this instance", FeedStatus::changes);
        followed.add(
                "hotcold.changefeed.clears",
                "Flushes of the cache by this instance, after a gap in the log or a TRUNCATE",
                FeedStatus::flushes);
        followed.add(
                "hotcold.changefeed.sessions", "Replication sessions started by this instance", FeedStatus::sessions);
    }

    /**
     * Publishes how old what is read from Redis may be, by proof.
     *
     * @param loops for each event loop; empty = nothing proves that
     */
    public static void registerProofs(MeterRegistry registry, List<Supplier<Optional<Duration>>> loops) {
        for (int loop = 0; loop < loops.size(); loop++) {
            Supplier<Optional<Duration>> proven = loops.get(loop);
            Gauge.builder("hotcold.proven.staleness.seconds", proven, FreshnessMetrics::seconds)
                    .description(
                            "How old what an event loop reads from Redis is at most, by proof; NaN where nothing is proven")
                    .tag("loop", Integer.toString(loop))
                    .strongReference(true)
                    .register(registry);
        }
    }

    private static double seconds(Supplier<Optional<Duration>> proven) {
        return proven.get().map(staleness -> staleness.toNanos() / 1e9).orElse(Double.NaN);
    }

    /** @param source read at each scrape; meters do not keep it from being collected */
    private record Counters<T>(MeterRegistry registry, T source) {

        void add(String name, String description, ToDoubleFunction<T> value) {
            FunctionCounter.builder(name, source, value)
                    .description(description)
                    .register(registry);
        }
    }
}
