package dev.hotcold.changefeed;

import dev.hotcold.freshness.Lsn;
import java.util.Optional;

/**
 * Whether the slot continues what is cached: the position noted beside the cache must be neither before what the slot has
 * confirmed, since changes between the two are lost, nor behind the end of the log, since then it is another log's.
 */
enum CacheContinuity {
    /** Changes can be applied to what is cached. */
    CONTINUED("continued by the slot"),
    /** There is no position of this log beside the cache: it is empty, or of another log, or changes were missed. */
    UNKNOWN_POSITION("of unknown age"),
    /** The slot begins later in the log than the cache ends. */
    OLDER_THAN_SLOT("older than the slot"),
    /** The position is one that this log has not reached. */
    ANOTHER_LOG("of another log");

    private final String description;

    CacheContinuity(String description) {
        this.description = description;
    }

    /**
     * Compares cache and slot.
     *
     * @param applied up to where changes are applied to what is cached; empty = unknown
     * @param slotIsNew whether the slot was created and the cache not flushed since
     * @param confirmed where the slot stands
     */
    static CacheContinuity of(Optional<Lsn> applied, boolean slotIsNew, Lsn confirmed, Lsn endOfLog) {
        if (applied.isEmpty()) {
            return UNKNOWN_POSITION;
        }
        if (slotIsNew || applied.get().compareTo(confirmed) < 0) {
            return OLDER_THAN_SLOT;
        }
        return applied.get().compareTo(endOfLog) > 0 ? ANOTHER_LOG : CONTINUED;
    }

    /** Completes "the cache is". */
    @Override
    public String toString() {
        return description;
    }
}
