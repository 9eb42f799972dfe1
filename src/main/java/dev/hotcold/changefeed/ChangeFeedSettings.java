package dev.hotcold.changefeed;

/**
 * How changes in PostgreSQL are followed.
 *
 * @param mode whether they are
 * @param slot name of the replication slot
 * @param publication name of the publication
 * @param maxLagBytes how much log PostgreSQL may keep for the slot; beyond, the cache is emptied and a new slot begun
 */
public record ChangeFeedSettings(Mode mode, String slot, String publication, long maxLagBytes) {

    /** Whether changes are followed. */
    public enum Mode {
        /** If PostgreSQL allows it. */
        AUTO,
        /** Or the service does not start. */
        ON,
        /** Never. */
        OFF
    }
}
