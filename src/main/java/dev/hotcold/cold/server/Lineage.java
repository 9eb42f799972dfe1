package dev.hotcold.cold.server;

import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The newest timeline of each database cluster that a primary was seen on. Who was promoted is on a newer one than who was primary
 * before, and may go on to answer: its answers are of the past. Never forgets. Thread-safe.
 */
public final class Lineage {

    private static final Logger LOG = LoggerFactory.getLogger(Lineage.class);

    /** What this process has seen, by whichever of its connections. */
    public static final Lineage OF_PROCESS = new Lineage();

    /** By the system's identifier. */
    private final Map<String, Long> newest = new ConcurrentHashMap<>();

    Lineage() {}

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

    /** Why a server is one of the past; empty = it is not, as far as is known. Costs next to nothing. */
    public Optional<String> whySuperseded(ServerState state) {
        if (!state.isKnownPrimary()) {
            return Optional.empty();
        }
        long known = newest.getOrDefault(state.system(), 0L);
        return state.timeline() >= known
                ? Optional.empty()
                : Optional.of(
                        "is a primary on timeline " + state.timeline() + ", but another one is on timeline " + known
                                + ": shut it down, or rebuild it as a standby; if the newer one is gone for good, restart the"
                                + " service");
    }
}
