package dev.hotcold.changefeed.slot;

import dev.hotcold.freshness.Lsn;
import java.sql.SQLException;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ensures that there is a slot that can be followed: creates a missing one, and replaces one that is invalidated, lags too far,
 * is older than the publication, or holds what cannot be read. Remembers across connections whether the slot is new, so that what is cached is not
 * continued by it.
 *
 * <p>Confined to: one thread.
 */
public final class SlotKeeper {

    private static final Logger LOG = LoggerFactory.getLogger(SlotKeeper.class);

    private static final String OBJECT_IN_USE = "55006";
    private static final String DUPLICATE_OBJECT = "42710";
    private static final String UNDEFINED_OBJECT = "42704";

    /** How often the same place of the log may fail before it is given up. */
    private static final int MOST_FAILURES = 3;

    /** A statement on the slot. */
    private interface Statement {
        void run() throws SQLException;
    }

    private final String name;
    private final long maxLagBytes;
    private boolean isNew;
    private boolean isOlderThanPublication;
    private @Nullable Lsn failedAt;
    private int failures;

    /**
     * @param name the slot's
     * @param maxLagBytes how much log PostgreSQL may keep for the slot
     */
    public SlotKeeper(String name, long maxLagBytes) {
        this.name = name;
        this.maxLagBytes = maxLagBytes;
    }

    /** The publication was created just now: an older slot cannot decode its log by it. */
    public void publicationCreated() {
        isOlderThanPublication = true;
    }

    /**
     * Following the slot failed at its start.
     *
     * @return whether only because another instance was faster
     */
    public boolean isTaken(SQLException failure) {
        // There is no publication at that place of the log, and there never will be.
        isOlderThanPublication |= UNDEFINED_OBJECT.equals(failure.getSQLState());
        return OBJECT_IN_USE.equals(failure.getSQLState());
    }

    /**
     * What the slot has to tell could not be read: a change that is too long, or that PostgreSQL or this version cannot handle.
     * The third time in a row the slot is replaced, since nobody's later changes would ever be applied.
     *
     * @param confirmed where the slot stood when the session began
     */
    public void unreadable(Lsn confirmed) {
        failures = confirmed.equals(failedAt) ? failures + 1 : 1;
        failedAt = confirmed;
    }

    /** Whether the slot was created here and the cache not flushed since: what is cached is older than the slot. */
    public boolean isNew() {
        return isNew;
    }

    /** The cache was flushed: from now on the slot continues what is cached. */
    public void cacheFlushed() {
        isNew = false;
    }

    /** Ensures the slot; creates it, or drops and creates it, where need be. */
    public EnsuredSlot ensureSlot(SlotCatalog catalog) throws SQLException {
        Optional<SlotState> found = catalog.state();
        if (found.isEmpty()) {
            LOG.info("Change feed: creating the replication slot {}", name);
            return renew(catalog::create);
        }
        SlotState state = found.get();
        return switch (state.phase()) {
            case CREATING ->
                new EnsuredSlot.Unusable(
                        "the replication slot is being created, and waits for the end of open transactions");
            case FOREIGN ->
                new EnsuredSlot.Unusable("the replication slot " + name
                        + " belongs to another plug-in or database; set CHANGE_FEED_SLOT to a free name");
            case COPY ->
                new EnsuredSlot.Unusable("the replication slot " + name
                        + " is a standby's copy of its primary's, and can be followed once that standby is promoted");
            case FOLLOWED -> EnsuredSlot.Taken.TAKEN;
            case FREE, INVALIDATED -> {
                Optional<String> defect = defect(state);
                yield defect.isPresent() ? replace(catalog, defect.get()) : EnsuredSlot.Free.FREE;
            }
        };
    }

    private EnsuredSlot replace(SlotCatalog catalog, String defect) throws SQLException {
        LOG.warn("Change feed: the slot {} {}; it is dropped and the cache flushed", name, defect);
        return renew(() -> {
            catalog.drop();
            catalog.create();
        });
    }

    /** Why the slot cannot be followed any more; empty when it can. */
    private Optional<String> defect(SlotState state) {
        if (state.phase() == SlotState.Phase.INVALIDATED) {
            return Optional.of("was invalidated by PostgreSQL");
        }
        if (state.lagBytes() > maxLagBytes) {
            return Optional.of("lags by " + state.lagBytes() + " bytes, more than CHANGE_FEED_MAX_LAG_MB");
        }
        if (failures >= MOST_FAILURES && state.confirmed().equals(failedAt)) {
            return Optional.of("holds a change that cannot be read");
        }
        return isOlderThanPublication ? Optional.of("is older than the publication") : Optional.empty();
    }

    private EnsuredSlot renew(Statement statement) throws SQLException {
        try {
            statement.run();
            isNew = true;
            isOlderThanPublication = false;
            failures = 0;
            return EnsuredSlot.Free.FREE;
        } catch (SQLException failure) {
            if (isLostRace(String.valueOf(failure.getSQLState()))) {
                return EnsuredSlot.Taken.TAKEN;
            }
            throw failure;
        }
    }

    private static boolean isLostRace(String sqlState) {
        return sqlState.equals(OBJECT_IN_USE) || sqlState.equals(DUPLICATE_OBJECT) || sqlState.equals(UNDEFINED_OBJECT);
    }
}
