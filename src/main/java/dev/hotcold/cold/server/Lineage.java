package dev.hotcold.cold.server;

import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The newest timeline of each database cluster that a primary was seen on. Who was promoted is on a newer one than who was primary
 * before, and may go on to answer: its answers are of the past. What a connection has seen is never forgotten; what somebody else was
 * heard to use, for a minute. Thread-safe.
 */
public final class Lineage {

    private static final Logger LOG = LoggerFactory.getLogger(Lineage.class);

    /** What this process has seen, by whichever of its connections. */
    public static final Lineage OF_PROCESS = new Lineage();

    private static final Duration HEARD = Duration.ofMinutes(1);

    /** By the system's identifier. */
    private final Map<String, Long> newest = new ConcurrentHashMap<>();

    /** By the system's identifier, what others use; of systems of which an older timeline is used here. */
    private final Map<String, Heard> heard = new ConcurrentHashMap<>();

    private final LongSupplier nanos;

    /**
     * What somebody else uses.
     *
     * @param at by the clock of this lineage
     */
    private record Heard(long timeline, long at) {}

    Lineage() {
        this(System::nanoTime);
    }

    /** @param nanos a clock that only goes forward */
    Lineage(LongSupplier nanos) {
        this.nanos = nanos;
    }

    /** A server has said what it is. */
    public void saw(ServerState state) {
        if (!state.isKnownPrimary()) {
            return;
        }
        long before = newest.getOrDefault(state.system(), state.timeline());
        if (newest.merge(state.system(), state.timeline(), Math::max) > before) {
            LOG.info(
                    "PostgreSQL: a primary is on timeline {}; servers that are primaries on older ones are not used",
                    state.timeline());
        }
    }

    /** Somebody else uses a primary on that timeline now. */
    void heard(String system, long timeline) {
        long known = newest.getOrDefault(system, 0L);
        if (timeline > known && known > 0) {
            heard.put(system, new Heard(timeline, nanos.getAsLong()));
        }
    }

    /** Whether a primary was seen on a newer timeline. */
    boolean isOfThePast(String system, long timeline) {
        return timeline < newest.getOrDefault(system, 0L);
    }

    /** Why a server is one of the past; empty = it is not, as far as is known. Costs next to nothing. */
    public Optional<String> whySuperseded(ServerState state) {
        if (!state.isKnownPrimary()) {
            return Optional.empty();
        }
        long known = newest.getOrDefault(state.system(), 0L);
        return state.timeline() >= known
                ? whyLeft(state)
                : Optional.of(
                        "is a primary on timeline " + state.timeline() + ", but another one is on timeline " + known
                                + ": shut it down, or rebuild it as a standby; if the newer one is gone for good, restart the"
                                + " service");
    }

    private Optional<String> whyLeft(ServerState state) {
        Heard others = heard.isEmpty() ? null : heard.get(state.system());
        if (others == null || others.timeline <= state.timeline() || nanos.getAsLong() - others.at > HEARD.toNanos()) {
            return Optional.empty();
        }
        return Optional.of("is a primary on timeline " + state.timeline()
                + ", but whoever feeds this Redis follows one on timeline " + others.timeline
                + ": if that was promoted, shut this one down, or rebuild it as a standby; if that is a copy of this one, give it"
                + " another Redis");
    }
}
