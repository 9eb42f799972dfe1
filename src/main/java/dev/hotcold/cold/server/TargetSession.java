package dev.hotcold.cold.server;

import java.util.Locale;
import java.util.Optional;

/** Which servers may be used: {@code target_session_attrs}, as libpq has it, but for {@link #ANY}. */
public enum TargetSession {
    /** Whichever answers; a standby only while no primary does, since what it has not replayed is unknown to it. */
    ANY,
    /** One that lets the session write: a primary, unless transactions are read-only by default. */
    READ_WRITE,
    /** One that does not. */
    READ_ONLY,
    PRIMARY,
    STANDBY,
    /** A standby, or a primary while no standby answers. */
    PREFER_STANDBY;

    /** As a URL names it. */
    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** Whether it leads away from the primary. */
    public boolean avoidsPrimary() {
        return switch (this) {
            case READ_ONLY, STANDBY, PREFER_STANDBY -> true;
            case ANY, READ_WRITE, PRIMARY -> false;
        };
    }

    /** What a server is worth by what it is. */
    Verdict judge(ServerState state) {
        return switch (this) {
            case ANY -> state.isStandby() ? Verdict.secondBest(onStandby()) : Verdict.GOOD;
            case PRIMARY -> state.isStandby() ? standby() : Verdict.GOOD;
            case READ_WRITE ->
                state.isStandby()
                        ? standby()
                        : state.isReadOnly()
                                ? Verdict.refused(
                                        "has transactions read-only by default (default_transaction_read_only), and a session that can write is asked for (target_session_attrs)")
                                : Verdict.GOOD;
            case READ_ONLY -> state.isStandby() || state.isReadOnly() ? Verdict.GOOD : primary();
            case STANDBY -> state.isStandby() ? Verdict.GOOD : primary();
            case PREFER_STANDBY -> state.isStandby() ? Verdict.GOOD : Verdict.secondBest(Optional.empty());
        };
    }

    private static Verdict standby() {
        return Verdict.refused("is a standby, and the primary is asked for");
    }

    private static Verdict primary() {
        return Verdict.refused("is a primary, and a standby is asked for (target_session_attrs)");
    }

    private static Optional<String> onStandby() {
        return Optional.of(
                "is a standby: lookups lack the changes that it has not replayed yet; name the primary, or the servers of which one is");
    }
}
