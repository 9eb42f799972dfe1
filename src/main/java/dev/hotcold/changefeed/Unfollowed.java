package dev.hotcold.changefeed;

import dev.hotcold.blocking.BlockingTime;
import dev.hotcold.changefeed.pace.StopSignal;
import dev.hotcold.changefeed.slot.SlotState;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.HotStoreException;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of the cache where PostgreSQL does not allow changes to be followed: from then on it lives for its TTL. Where they
 * were followed up to now it is flushed first, once lookups reach PostgreSQL; before that it is all that callers get.
 *
 * <p>Confined to: the thread of its feed, which it blocks.
 */
final class Unfollowed {

    private static final Logger LOG = LoggerFactory.getLogger(Unfollowed.class);

    private static final Duration TRIAL = Duration.ofSeconds(1);

    /** Opens the hot store, which asks the database that lookups use whose it is. */
    @FunctionalInterface
    interface Sinks {

        /** Fails with {@link HotStoreException}, and where lookups do not reach their database. */
        ChangeSink open() throws SQLException;
    }

    private final Sinks sinks;
    private final FeedStatus status;
    private final StopSignal stop;
    private final LookupSide lookups;
    private final BlockingTime time;

    Unfollowed(Sinks sinks, FeedStatus status, StopSignal stop, LookupSide lookups, BlockingTime time) {
        this.sinks = sinks;
        this.status = status;
        this.stop = stop;
        this.lookups = lookups;
        this.time = time;
    }

    /**
     * Says what is missing, and flushes the cache unless another instance is the owner.
     *
     * @return whether that is done; otherwise it is to be called again soon
     */
    boolean settle(Optional<SlotState> slot, String missing) {
        // PostgreSQL keeps its log for it all the same.
        status.lagBytes(slot.map(state -> (double) state.lagBytes()).orElse(Double.NaN));
        if (!slot.map(SlotState::isHeld).orElse(false) && !flush()) {
            status.degraded(
                    "changes in PostgreSQL can no longer be followed, and what is cached is removed as soon as lookups"
                            + " reach PostgreSQL again; until then it is marked as unproven: " + missing);
            return false;
        }
        if (!stop.isStopped()) {
            status.notExpected();
            status.degraded("changes in PostgreSQL are not followed, so that they show when CACHE_TTL_SECONDS is over: "
                    + missing);
        }
        return true;
    }

    /** @return whether nothing is left to flush, as far as the hot store answers */
    private boolean flush() {
        try (ChangeSink sink = sinks.open()) {
            if (sink.hasPosition()) {
                if (!reach()) {
                    return false;
                }
                var _ = sink.clearPosition();
                LOG.info("Change feed: flushing the cache, whose changes are no longer followed");
                status.listener().flushed(sink.flush(() -> {}), "its changes are no longer followed");
            }
        } catch (HotStoreException away) {
            LOG.debug("The position in the hot store cannot be cleared now", away);
        } catch (SQLException unreachable) {
            LOG.debug("Lookups do not reach PostgreSQL", unreachable);
            return false;
        }
        return true;
    }

    private boolean reach() {
        CompletableFuture<Boolean> trial = lookups.reachDatabase();
        try {
            return time.await(trial, TRIAL) && Takeover.hasReached(trial);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
