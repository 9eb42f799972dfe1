package dev.hotcold.app.metrics;

import dev.hotcold.changefeed.FeedStatus;
import dev.hotcold.freshness.FreshnessProof;
import dev.hotcold.freshness.HitAges;
import dev.hotcold.verify.ContinuousVerification;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
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
        Gauge.builder("hotcold.changefeed.wanted", status, now -> now.isWanted() ? 1 : 0)
                .description("1 unless CHANGE_FEED=off")
                .register(registry);
        Gauge.builder("hotcold.changefeed.lag.seconds", status, FeedStatus::lagSeconds)
                .description(
                        "Age of the oldest commit that is not applied yet, and while changes are not followed, the time since all were; NaN where another instance follows them, or none is to")
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
     * @param loops for each event loop, what it can prove; empty = it has not begun
     */
    public static void registerProofs(
            PrometheusMeterRegistry registry, List<Supplier<Optional<FreshnessProof>>> loops) {
        for (int loop = 0; loop < loops.size(); loop++) {
            Supplier<Optional<FreshnessProof>> proof = loops.get(loop);
            Gauge.builder("hotcold.proven.staleness.seconds", proof, FreshnessMetrics::seconds)
                    .description(
                            "How old what an event loop reads from Redis is at most, by proof; NaN where nothing is proven")
                    .tag("loop", Integer.toString(loop))
                    .strongReference(true)
                    .register(registry);
        }
        // Each hit is counted, for which a meter of Micrometer takes too long.
        registry.getPrometheusRegistry().register(() -> hitAges(loops));
    }

    private static double seconds(Supplier<Optional<FreshnessProof>> proof) {
        return proof.get()
                .flatMap(FreshnessProof::provenStaleness)
                .map(staleness -> staleness.toNanos() / 1e9)
                .orElse(Double.NaN);
    }

    private static MetricSnapshot hitAges(List<Supplier<Optional<FreshnessProof>>> loops) {
        List<HitAges> ages = loops.stream()
                .flatMap(loop -> loop.get().stream())
                .map(FreshnessProof::hitAges)
                .toList();
        ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
        for (int i = 0; i <= HitAges.bounds().size(); i++) {
            int bucket = i;
            double bound =
                    i < HitAges.bounds().size() ? HitAges.bounds().get(i).toMillis() / 1e3 : Double.POSITIVE_INFINITY;
            buckets.bucket(
                    bound, ages.stream().mapToLong(loop -> loop.count(bucket)).sum());
        }
        return HistogramSnapshot.builder()
                .name("hotcold_proven_hit_staleness_seconds")
                .help("How old hits were at most, by proof; those that nothing proves are not counted")
                .dataPoint(HistogramSnapshot.HistogramDataPointSnapshot.builder()
                        .classicHistogramBuckets(buckets.build())
                        .sum(ages.stream().mapToDouble(HitAges::seconds).sum())
                        .build())
                .build();
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
