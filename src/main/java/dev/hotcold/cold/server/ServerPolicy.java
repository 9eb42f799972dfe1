package dev.hotcold.cold.server;

import java.util.Optional;

/**
 * Which of the servers that the settings name may be used, by what they say of themselves and by what is known of the others.
 * Thread-safe.
 */
public final class ServerPolicy {

    private final TargetSession target;
    private final Lineage lineage;

    /** The primary that the settings lead to now, as somebody has looked; unknown = nobody has, or there is none. */
    private volatile ServerState primary = ServerState.UNKNOWN;

    public ServerPolicy(TargetSession target) {
        this(target, Lineage.OF_PROCESS);
    }

    ServerPolicy(TargetSession target, Lineage lineage) {
        this.target = target;
        this.lineage = lineage;
    }

    /** Judges a server that has just said what it is. */
    public Verdict judge(ServerState state) {
        lineage.saw(state);
        return lineage.whySuperseded(state).map(Verdict::refused).orElseGet(() -> target.judge(state));
    }

    /**
     * Somebody has looked at all that the settings lead to.
     *
     * @param found the primary among them; unknown: there is none
     */
    public void leadsTo(ServerState found) {
        lineage.saw(found);
        primary = found;
    }

    /**
     * Somebody else uses a primary on that timeline now. Where this process uses one of an older timeline, that is left for a minute.
     *
     * @param system identifier of the database cluster
     */
    public void heardOf(String system, long timeline) {
        lineage.heard(system, timeline);
    }

    /** Whether a primary was seen on a newer timeline. */
    public boolean isOfThePast(String system, long timeline) {
        return lineage.isOfThePast(system, timeline);
    }

    /**
     * Why a server is to be left that was used up to now; empty = it is not. Costs next to nothing.
     *
     * @param state what it said last
     */
    public Optional<String> whyLeave(ServerState state) {
        Optional<String> superseded = lineage.whySuperseded(state);
        ServerState other = primary;
        if (superseded.isPresent() || !other.isKnownPrimary() || target.avoidsPrimary()) {
            return superseded;
        }
        if (state.isStandby()) {
            return Optional.of("is a standby, and the primary answers");
        }
        return state.system().isEmpty() || state.system().equals(other.system())
                ? Optional.empty()
                : Optional.of("is not the server that the settings lead to now");
    }
}
