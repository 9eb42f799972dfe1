package dev.hotcold.changefeed;

import dev.hotcold.blocking.BlockingTime;
import dev.hotcold.changefeed.apply.FeedSession;
import dev.hotcold.changefeed.apply.SessionEndedException;
import dev.hotcold.changefeed.apply.StartPosition;
import dev.hotcold.changefeed.pgoutput.UserRows;
import dev.hotcold.changefeed.postgres.FeedDatabase;
import dev.hotcold.changefeed.postgres.JdbcChangeLog;
import dev.hotcold.changefeed.postgres.JdbcSlotCatalog;
import dev.hotcold.changefeed.postgres.JdbcSnapshots;
import dev.hotcold.changefeed.postgres.Prerequisites;
import dev.hotcold.changefeed.postgres.UsersTable;
import dev.hotcold.changefeed.slot.EnsuredSlot;
import dev.hotcold.changefeed.slot.SlotKeeper;
import dev.hotcold.changefeed.slot.SlotMonitor;
import dev.hotcold.changefeed.slot.SlotState;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.freshness.Lsn;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Owns the slot and follows the log while it can; stands by, five times a second, while another instance owns it.
 *
 * <p>Confined to: the thread of its feed, which it blocks.
 */
final class OwnerLoop {

    private static final Logger LOG = LoggerFactory.getLogger(OwnerLoop.class);

    private static final Duration STANDBY_PERIOD = Duration.ofMillis(200);
    private static final Duration AFTER_SESSION = Duration.ofMillis(100);

    /** How often missing prerequisites are checked again. */
    private static final Duration RECHECK_PERIOD = Duration.ofSeconds(10);

    private final FeedDatabase database;
    private final ChangeFeedSettings settings;
    private final Function<String, ChangeSink> sinks;
    private final FeedStatus status;
    private final SlotMonitor monitor;
    private final StopSignal stop;
    private final Prerequisites prerequisites;
    private final SlotKeeper keeper;

    OwnerLoop(
            FeedDatabase database,
            ChangeFeedSettings settings,
            Function<String, ChangeSink> sinks,
            FeedStatus status,
            SlotMonitor monitor,
            StopSignal stop) {
        this.database = database;
        this.settings = settings;
        this.sinks = sinks;
        this.status = status;
        this.monitor = monitor;
        this.stop = stop;
        this.prerequisites = new Prerequisites(database, settings.publication());
        this.keeper = new SlotKeeper(settings.slot(), settings.maxLagBytes());
    }

    /**
     * Runs until a session ends, or something is missing.
     *
     * @return when to run again
     * @throws SQLException when PostgreSQL fails
     * @throws HotStoreException when the hot store fails or another session has taken over
     * @throws SessionEndedException when the feed cannot go on for another reason
     */
    Duration run() throws SQLException {
        try (Connection connection = database.connect()) {
            Optional<String> missing = prerequisites.ensure(connection, keeper::publicationCreated);
            if (missing.isPresent()) {
                notAllowed(connection, missing.get());
                return RECHECK_PERIOD;
            }
            while (!stop.isStopped()) {
                if (isFree(connection) && followAsOwner(connection)) {
                    return AFTER_SESSION;
                }
                status.standBy();
                stop.pause(STANDBY_PERIOD);
            }
        }
        return Duration.ZERO;
    }

    /** Unless another instance is the owner, the cache must be flushed before changes are followed again. */
    private void notAllowed(Connection connection, String missing) throws SQLException {
        if (!stop.isStopped()) {
            status.degraded("changes in PostgreSQL are not followed, so that they show when CACHE_TTL_SECONDS is over: "
                    + missing);
        }
        if (slot(connection).map(SlotState::isHeld).orElse(false)) {
            return;
        }
        try (ChangeSink sink = sinks.apply(settings.slot())) {
            sink.clearPosition();
        } catch (HotStoreException away) {
            LOG.debug("The position in the hot store cannot be cleared now", away);
        }
    }

    private boolean isFree(Connection connection) throws SQLException {
        return switch (keeper.ensureSlot(new JdbcSlotCatalog(connection, settings.slot()))) {
            case EnsuredSlot.Free _ -> true;
            case EnsuredSlot.Taken _ -> false;
            case EnsuredSlot.Unusable(String reason) -> throw new SessionEndedException(reason);
        };
    }

    /** @return whether this instance was the owner; otherwise another was faster */
    private boolean followAsOwner(Connection connection) throws SQLException {
        Connection replication = database.connectForReplication();
        try {
            String history = JdbcChangeLog.history(replication);
            JdbcChangeLog log = JdbcChangeLog.open(replication, settings.slot(), settings.publication());
            try (ChangeSink sink = sinks.apply(settings.slot())) {
                follow(connection, history, log, sink);
            }
            return true;
        } catch (SQLException failure) {
            if (keeper.isTaken(failure)) {
                return false;
            }
            throw failure;
        } finally {
            // Not the stream's own end, which first reads the rest of a transaction, however large, into memory.
            replication.abort(Runnable::run);
        }
    }

    private void follow(Connection connection, String history, JdbcChangeLog log, ChangeSink sink) throws SQLException {
        Optional<Lsn> applied = sink.takeOver(history + "/" + UsersTable.id(connection));
        Optional<String> missing = prerequisites.missing(connection);
        if (missing.isPresent()) {
            sink.clearPosition();
            throw new SessionEndedException(missing.get());
        }
        Lsn confirmed = slot(connection)
                .map(SlotState::confirmed)
                .orElseThrow(() -> new SessionEndedException("the replication slot is gone"));
        StartPosition start = new StartPosition(confirmed, JdbcChangeLog.end(connection));
        FeedSession session = new FeedSession(
                log,
                new UserRows(UsersTable.schema(connection)),
                new JdbcSnapshots(connection),
                sink,
                start,
                status.listener(),
                BlockingTime.system());
        CacheContinuity continuity = CacheContinuity.of(applied, keeper.isNew(), confirmed, start.endOfLog());
        if (continuity != CacheContinuity.CONTINUED) {
            LOG.info("Change feed: the cache is {}; flushing it", continuity);
            session.resynchronise();
            keeper.cacheFlushed();
        }
        status.becomeOwner();
        monitor.reset();
        try {
            session.follow(this::goesOn);
        } catch (SessionEndedException ended) {
            if (ended.changesWereMissed()) {
                sink.clearPosition();
            }
            throw ended;
        }
    }

    private boolean goesOn() {
        if (!monitor.isResponsive()) {
            throw new SessionEndedException("PostgreSQL does not answer");
        }
        if (monitor.missingPrerequisite().isPresent()) {
            throw SessionEndedException.changesMissed(
                    monitor.missingPrerequisite().get());
        }
        if (monitor.slot()
                .map(state -> state.lagBytes() > settings.maxLagBytes())
                .orElse(false)) {
            throw new SessionEndedException("the slot lags by more than CHANGE_FEED_MAX_LAG_MB");
        }
        return !stop.isStopped();
    }

    private Optional<SlotState> slot(Connection connection) throws SQLException {
        return new JdbcSlotCatalog(connection, settings.slot()).state();
    }
}
