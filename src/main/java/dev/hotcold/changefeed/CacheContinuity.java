package dev.hotcold.changefeed;

import dev.hotcold.changefeed.apply.StartPosition;
import dev.hotcold.changefeed.postgres.LogHistory;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.Lsn;
import java.sql.SQLException;
import java.util.Optional;

/**
 * Whether the slot continues what is cached: the position noted beside the cache must be neither before what the slot has
 * confirmed, since changes between the two are lost, nor behind the end of the log that it is of, since then it is another log's.
 * The log that it is of may be that of a former primary: a standby that was promoted has the same up to where its own begins.
 */
enum CacheContinuity {
    /** Changes can be applied to what is cached. */
    CONTINUED("continued by the slot"),
    /**
     * The same, by the log of a standby that was promoted. Lookups may have cached what the former primary had committed, and no
     * standby got.
     */
    FAILED_OVER("continued by a standby that was promoted"),
    /** There is no position of this log beside the cache: it is empty, or of another log, or changes were missed. */
    UNKNOWN_POSITION("of unknown age"),
    /** The slot begins later in the log than the cache ends. */
    OLDER_THAN_SLOT("older than the slot"),
    /** The same, and nobody has made a new slot: the cache has lost its last writes, or is an older copy of itself. */
    BEHIND_SLOT("behind what the slot has confirmed"),
    /** The position is one that this log has not reached. */
    ANOTHER_LOG("of another log"),
    /** The former primary had committed, and the feed applied, what the standby did not get before it was promoted. */
    LOST_CHANGES("ahead of the standby that was promoted"),
    /** What lookups may have cached of the former primary cannot be found, since they reach no primary. */
    NOT_COMPARABLE("not to be compared with the primary: lookups reach a standby only");

    private final String description;

    CacheContinuity(String description) {
        this.description = description;
    }

    /** Asks PostgreSQL. */
    @FunctionalInterface
    interface Question {

        boolean ask() throws SQLException;
    }

    /** The same, given whether what is cached can be compared with the primary, which is asked where it matters only. */
    CacheContinuity ifComparable(Question isComparable) throws SQLException {
        return this == FAILED_OVER && !isComparable.ask() ? NOT_COMPARABLE : this;
    }

    /** Whether changes can be followed without flushing what is cached. */
    boolean isContinued() {
        return this == CONTINUED || this == FAILED_OVER;
    }

    /** What a position is noted with: another log's, or another table's, says nothing. */
    static String nameOf(String log, String table) {
        return log + "/" + table;
    }

    /**
     * Compares cache and slot.
     *
     * @param applied what is known of the cache
     * @param history of the slot's log
     * @param table its fingerprint
     * @param slotIsNew whether the slot was created and the cache not flushed since
     */
    static CacheContinuity of(
            ChangeSink.Applied applied, LogHistory history, String table, boolean slotIsNew, StartPosition start) {
        if (applied.log().equals(nameOf(history.name(), table))) {
            return of(applied.position(), slotIsNew, start.acknowledged(), start.endOfLog());
        }
        int end = applied.log().length() - table.length() - 1;
        if (end < 0 || !applied.log().substring(end).equals("/" + table)) {
            return UNKNOWN_POSITION;
        }
        return history.branchFrom(applied.log().substring(0, end))
                .map(branch -> switch (of(applied.position(), slotIsNew, start.acknowledged(), branch)) {
                    case CONTINUED -> FAILED_OVER;
                    case ANOTHER_LOG -> LOST_CHANGES;
                    // Lookups may have cached what the former primary had committed: it has to be compared, or flushed.
                    case BEHIND_SLOT -> OLDER_THAN_SLOT;
                    case CacheContinuity gap -> gap;
                })
                .orElse(UNKNOWN_POSITION);
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
        if (slotIsNew) {
            return OLDER_THAN_SLOT;
        }
        if (applied.get().compareTo(confirmed) < 0) {
            return BEHIND_SLOT;
        }
        return applied.get().compareTo(endOfLog) > 0 ? ANOTHER_LOG : CONTINUED;
    }

    /** Completes "the cache is". */
    @Override
    public String toString() {
        return description;
    }
}
