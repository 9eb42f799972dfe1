package dev.hotcold.changefeed.slot;

import dev.hotcold.freshness.Lsn;

/**
 * A replication slot as PostgreSQL reports it.
 *
 * @param confirmed up to where the log was acknowledged; 0/0 = nowhere yet
 * @param lagBytes how far the log goes on behind that
 */
public record SlotState(Phase phase, Lsn confirmed, long lagBytes) {

    /** What can be done with a slot. */
    public enum Phase {
        /** It is being created, and waits for the end of transactions that are open. */
        CREATING,
        /** It belongs to another plug-in or another database. */
        FOREIGN,
        /** It is a standby's copy of its primary's. */
        COPY,
        /** It can be followed. */
        FREE,
        /** An instance follows it. */
        FOLLOWED,
        /** PostgreSQL has removed log that it needs; no instance follows it. */
        INVALIDATED
    }

    /** Whether an instance holds the slot: follows it, or creates it at this moment. */
    public boolean isHeld() {
        return phase == Phase.FOLLOWED || phase == Phase.CREATING;
    }
}
