package dev.hotcold.changefeed;

import java.sql.Connection;
import java.sql.SQLException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes sure that there is a slot that can be followed: creates it, and lets one go whose log is lost, too long, or older
 * than the publication.
 *
 * <p>Confined to: one thread.
 */
final class SlotClaim {

    private static final Logger LOG = LoggerFactory.getLogger(SlotClaim.class);

    private static final String OBJECT_IN_USE = "55006";
    private static final String DUPLICATE_OBJECT = "42710";
    private static final String UNDEFINED_OBJECT = "42704";

    /** A statement on slots. */
    private interface Renewal {
        void run() throws SQLException;
    }

    private final ReplicationSlot slot;
    private final ChangeFeedSettings settings;
    private boolean isNew;
    private boolean isUseless;

    SlotClaim(ReplicationSlot slot, ChangeFeedSettings settings) {
        this.slot = slot;
        this.settings = settings;
    }

    /** The publication was created just now: a slot that is older cannot read its log by it. */
    void publicationIsNew() {
        isUseless = true;
    }

    /**
     * Following the slot failed.
     *
     * @return whether only because another instance was faster
     */
    boolean followingFailed(SQLException failure) {
        // The publication is gone at that place of the log, and stays so there.
        isUseless |= UNDEFINED_OBJECT.equals(failure.getSQLState());
        return OBJECT_IN_USE.equals(failure.getSQLState());
    }

    /** Whether the slot was made here, so that nothing stored is in step with it. */
    boolean isNew() {
        return isNew;
    }

    /** What was stored has been removed. */
    void nothingIsStored() {
        isNew = false;
    }

    /**
     * Sees to the slot.
     *
     * @return whether nobody follows it
     * @throws FeedEndedException when it cannot be had
     */
    boolean isFree(Connection connection) throws SQLException {
        Optional<ReplicationSlot.State> found = slot.state(connection);
        if (found.isEmpty()) {
            LOG.info("Change feed: creating the replication slot {}", settings.slot());
            return renew(() -> slot.create(connection));
        }
        ReplicationSlot.State state = found.get();
        if (state.isBeingCreated()) {
            throw new FeedEndedException(
                    "the replication slot is being created, and waits for the end of transactions that are open");
        }
        if (!state.fits()) {
            throw new FeedEndedException("the replication slot " + settings.slot()
                    + " is another's: it is not of pgoutput and this database; set CHANGE_FEED_SLOT to a free name");
        }
        Optional<String> flaw = flaw(state);
        if (!state.active() && flaw.isPresent()) {
            LOG.warn(
                    "Change feed: the slot {} {}; it is dropped, and Redis will be emptied",
                    settings.slot(),
                    flaw.get());
            return renew(() -> {
                slot.drop(connection);
                slot.create(connection);
            });
        }
        return !state.active();
    }

    /** Why the slot cannot be followed any more; empty when it can. */
    private Optional<String> flaw(ReplicationSlot.State state) {
        if (state.lost()) {
            return Optional.of("was invalidated by PostgreSQL");
        }
        if (state.lagBytes() > settings.maxLagBytes()) {
            return Optional.of("lags by " + state.lagBytes() + " bytes, more than CHANGE_FEED_MAX_LAG_MB");
        }
        return isUseless ? Optional.of("is older than the publication") : Optional.empty();
    }

    /** @return false = another instance was faster */
    private boolean renew(Renewal renewal) throws SQLException {
        try {
            renewal.run();
            isNew = true;
            isUseless = false;
            return true;
        } catch (SQLException failure) {
            String state = String.valueOf(failure.getSQLState());
            if (state.equals(OBJECT_IN_USE) || state.equals(DUPLICATE_OBJECT) || state.equals(UNDEFINED_OBJECT)) {
                return false;
            }
            throw failure;
        }
    }
}
