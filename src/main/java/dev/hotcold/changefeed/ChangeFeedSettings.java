package dev.hotcold.changefeed;

/**
 * How changes in PostgreSQL are followed.
 *
 * @param mode whether they are
 * @param slot name of the replication slot
 * @param maxLagBytes how much log PostgreSQL may keep for the slot; beyond, the slot is dropped and the cache flushed
 */
public record ChangeFeedSettings(Mode mode, String slot, long maxLagBytes) {

    /** Whether changes are followed. */
    public enum Mode {
        /** If PostgreSQL allows it. */
        AUTO,
        /** Or the service does not start. */
        ON,
        /** Never. */
        OFF
    }

    /** Name of the publication: the slot's, since a publication belongs to one feed. */
    public String publication() {
        return slot;
    }
}
