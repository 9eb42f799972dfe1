package dev.hotcold.ops;

import dev.hotcold.lookup.LeaseOutcome;
import dev.hotcold.lookup.LookupObserver;
import dev.hotcold.lookup.LookupResult;
import dev.hotcold.lookup.LookupResult.Found;
import dev.hotcold.lookup.LookupResult.Layer;
import dev.hotcold.lookup.LookupResult.NotFound;
import dev.hotcold.lookup.LookupResult.Reason;
import dev.hotcold.lookup.LookupResult.Unavailable;
import dev.hotcold.lookup.StaleUser;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;

// Long: a meter and a method for each event of LookupObserver, and nothing else.
/** Counts what lookups and their stores do, as meters. Thread-safe. */
public final class Metrics implements LookupObserver {

    private static final Duration[] LATENCIES = {
        Duration.ofNanos(100_000),
        Duration.ofNanos(250_000),
        Duration.ofNanos(500_000),
        Duration.ofMillis(1),
        Duration.ofNanos(2_500_000),
        Duration.ofMillis(5),
        Duration.ofMillis(10),
        Duration.ofMillis(25),
        Duration.ofMillis(50),
        Duration.ofMillis(100),
        Duration.ofMillis(250),
        Duration.ofMillis(500),
        Duration.ofSeconds(1)
    };
    private static final double[] SIZES = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512};

    private final MeterRegistry registry;
    private final Map<Layer, Timer> found = new EnumMap<>(Layer.class);
    private final Map<Layer, Timer> notFound = new EnumMap<>(Layer.class);
    private final Timer stale;
    private final Timer unproven;
    private final Map<Reason, Timer> unavailable = new EnumMap<>(Reason.class);
    private final Counter rejected;

    private final DistributionSummary hotBatchSize;
    private final Timer hotBatchTime;
    private final LongAdder hotBatchesInFlight = new LongAdder();
    private final LongAdder hotBreakers = new LongAdder();
    private final Map<Failure, Counter> hotFailures;
    private final Counter hotValuesRejected;
    private final Counter nearHits;
    private final LongAdder nearEntries = new LongAdder();
    private final Counter nearInvalidations;
    private final Counter nearFlushes;
    private final Counter leasesGranted;
    private final Counter leasesFilled;
    private final Counter leasesKnownAbsent;
    private final Counter leasesDenied;
    private final Map<Failure, Counter> leaseFailures;
    private final Counter fillsStored;
    private final Counter fillsLeaseLost;
    private final Map<Failure, Counter> fillFailures;

    private final DistributionSummary coldBatchSize;
    private final Timer coldBatchTime;
    private final LongAdder coldBatchesInFlight = new LongAdder();
    private final LongAdder coldQueue = new LongAdder();
    private final LongAdder coldConnections = new LongAdder();
    private final Map<Failure, Counter> coldFailures;

    public Metrics(MeterRegistry registry) {
        this.registry = registry;
        for (Layer layer : Layer.values()) {
            found.put(layer, lookups("found", lower(layer)));
            notFound.put(layer, lookups("not_found", lower(layer)));
        }
        stale = lookups("stale", lower(Layer.HOT));
        unproven = lookups("unproven", lower(Layer.HOT));
        for (Reason reason : Reason.values()) {
            unavailable.put(reason, lookups(lower(reason), "none"));
        }
        rejected = counter("hotcold.requests.invalid", "Requests without a valid user_id");

        hotBatchSize = sizes("hotcold.hot.batch.size", "Keys in one MGET");
        hotBatchTime = times("hotcold.hot.batch", "Latency of an MGET, from sending it to its reply");
        gauge("hotcold.hot.batches.in.flight", "MGETs in flight", hotBatchesInFlight);
        gauge(
                "hotcold.hot.breakers.open",
                "Event loops whose circuit breaker is open: they probe Redis and use only PostgreSQL",
                hotBreakers);
        hotFailures = failures("hotcold.hot.read.failures", "Reads that Redis did not answer, by failure");
        hotValuesRejected = counter(
                "hotcold.hot.values.rejected",
                "Times that a cached value was not the user: a miss, and the value is overwritten");
        nearHits = counter("hotcold.near.hits", "Hits that the near cache answered instead of Redis");
        gauge("hotcold.near.entries", "Entries in the near caches of all event loops", nearEntries);
        nearInvalidations = counter("hotcold.near.invalidations", "Near cache entries that Redis invalidated");
        nearFlushes = counter("hotcold.near.flushes", "Near caches flushed because invalidations may have been missed");
        leasesGranted = leases("granted");
        leasesFilled = leases("filled");
        leasesKnownAbsent = leases("known_absent");
        leasesDenied = leases("denied");
        leaseFailures = failures("hotcold.hot.lease.failures", "Lease requests that Redis did not answer, by failure");
        fillsStored = fills("stored");
        fillsLeaseLost = fills("lease_lost");
        fillFailures = failures(
                "hotcold.hot.fill.failures", "Fills that did not reach Redis or were refused there, by failure");

        coldBatchSize = sizes("hotcold.cold.batch.size", "Ids in one query");
        coldBatchTime = times("hotcold.cold.batch", "Latency of a query, from sending it to its reply");
        gauge("hotcold.cold.batches.in.flight", "Queries in flight", coldBatchesInFlight);
        gauge("hotcold.cold.queue", "Misses queued for PostgreSQL", coldQueue);
        gauge("hotcold.cold.connections", "Open connections of the PostgreSQL pool", coldConnections);
        coldFailures = failures("hotcold.cold.read.failures", "Reads that PostgreSQL did not answer, by failure");
    }

    @Override
    public void lookupRejected() {
        rejected.increment();
    }

    @Override
    public void lookedUp(LookupResult result, long nanos) {
        Timer timer = switch (result) {
            case Found user -> found.get(user.layer());
            case StaleUser user -> user.isUnproven() ? unproven : stale;
            case NotFound absent -> notFound.get(absent.layer());
            case Unavailable failed -> unavailable.get(failed.reason());
        };
        if (timer != null) {
            timer.record(nanos, TimeUnit.NANOSECONDS);
        }
    }

    @Override
    public void hotBatchSent(int keys) {
        hotBatchSize.record(keys);
        hotBatchesInFlight.increment();
    }

    @Override
    public void hotBatchEnded(long nanos) {
        hotBatchesInFlight.decrement();
        hotBatchTime.record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void hotReadsFailed(int reads, Failure failure) {
        add(hotFailures, reads, failure);
    }

    @Override
    public void hotBreakers(int change) {
        hotBreakers.add(change);
    }

    @Override
    public void hotValueRejected() {
        hotValuesRejected.increment();
    }

    @Override
    public void nearHits(int hits) {
        nearHits.increment(hits);
    }

    @Override
    public void nearEntries(int change) {
        nearEntries.add(change);
    }

    @Override
    public void nearInvalidations(int users) {
        nearInvalidations.increment(users);
    }

    @Override
    public void nearFlushed() {
        nearFlushes.increment();
    }

    @Override
    public void leaseEnded(LeaseOutcome outcome) {
        Counter counter = switch (outcome) {
            case LeaseOutcome.Granted ignored -> leasesGranted;
            case LeaseOutcome.Filled ignored -> leasesFilled;
            case LeaseOutcome.Other.KNOWN_ABSENT -> leasesKnownAbsent;
            case LeaseOutcome.Other.DENIED -> leasesDenied;
        };
        counter.increment();
    }

    @Override
    public void leasesFailed(int leases, Failure failure) {
        add(leaseFailures, leases, failure);
    }

    @Override
    public void fillsEnded(int stored, int leaseLost) {
        fillsStored.increment(stored);
        fillsLeaseLost.increment(leaseLost);
    }

    @Override
    public void fillsFailed(int fills, Failure failure) {
        add(fillFailures, fills, failure);
    }

    @Override
    public void coldReadQueued() {
        coldQueue.increment();
    }

    @Override
    public void coldReadsDequeued(int reads) {
        coldQueue.add(-reads);
    }

    @Override
    public void coldBatchSent(int ids) {
        coldBatchSize.record(ids);
        coldBatchesInFlight.increment();
    }

    @Override
    public void coldBatchEnded(long nanos) {
        coldBatchesInFlight.decrement();
        coldBatchTime.record(nanos, TimeUnit.NANOSECONDS);
    }

    @Override
    public void coldReadsFailed(int reads, Failure failure) {
        add(coldFailures, reads, failure);
    }

    @Override
    public void coldConnections(int change) {
        coldConnections.add(change);
    }

    private static void add(Map<Failure, Counter> counters, int amount, Failure failure) {
        Counter counter = counters.get(failure);
        if (counter != null) {
            counter.increment(amount);
        }
    }

    private Timer lookups(String outcome, String layer) {
        return Timer.builder("hotcold.lookups")
                .description("Latency of lookups, by outcome and by the layer that answered")
                .tag("outcome", outcome)
                .tag("layer", layer)
                .serviceLevelObjectives(LATENCIES)
                .register(registry);
    }

    private Timer times(String name, String description) {
        return Timer.builder(name)
                .description(description)
                .serviceLevelObjectives(LATENCIES)
                .register(registry);
    }

    private DistributionSummary sizes(String name, String description) {
        return DistributionSummary.builder(name)
                .description(description)
                .serviceLevelObjectives(SIZES)
                .register(registry);
    }

    private Counter counter(String name, String description) {
        return Counter.builder(name).description(description).register(registry);
    }

    private Map<Failure, Counter> failures(String name, String description) {
        return byFailure(failure -> Counter.builder(name)
                .description(description)
                .tag("failure", lower(failure))
                .register(registry));
    }

    private Counter leases(String outcome) {
        return Counter.builder("hotcold.hot.leases")
                .description("Lease requests that Redis answered, by outcome")
                .tag("outcome", outcome)
                .register(registry);
    }

    private Counter fills(String outcome) {
        return Counter.builder("hotcold.hot.fills")
                .description("Fills that reached Redis, by outcome: stored, or dropped because the lease was lost")
                .tag("outcome", outcome)
                .register(registry);
    }

    private static Map<Failure, Counter> byFailure(Function<Failure, Counter> counter) {
        Map<Failure, Counter> counters = new EnumMap<>(Failure.class);
        for (Failure failure : Failure.values()) {
            counters.put(failure, counter.apply(failure));
        }
        return counters;
    }

    private void gauge(String name, String description, LongAdder value) {
        Gauge.builder(name, value, LongAdder::sum).description(description).register(registry);
    }

    private static String lower(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }
}
