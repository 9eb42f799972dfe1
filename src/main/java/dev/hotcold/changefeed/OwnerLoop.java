package dev.hotcold.changefeed;

import dev.hotcold.blocking.BlockingTime;
import dev.hotcold.changefeed.Candidates.Candidate;
import dev.hotcold.changefeed.apply.FeedSession;
import dev.hotcold.changefeed.apply.SessionEndedException;
import dev.hotcold.changefeed.apply.StartPosition;
import dev.hotcold.changefeed.pace.ComparisonTime;
import dev.hotcold.changefeed.pace.Pauses;
import dev.hotcold.changefeed.pace.StopSignal;
import dev.hotcold.changefeed.pgoutput.UserRows;
import dev.hotcold.changefeed.postgres.FeedDatabase;
import dev.hotcold.changefeed.postgres.JdbcChangeLog;
import dev.hotcold.changefeed.postgres.JdbcSlotCatalog;
import dev.hotcold.changefeed.postgres.JdbcSnapshots;
import dev.hotcold.changefeed.postgres.LogHistory;
import dev.hotcold.changefeed.postgres.Prerequisites;
import dev.hotcold.changefeed.postgres.Queries;
import dev.hotcold.changefeed.postgres.TableCatalog;
import dev.hotcold.changefeed.slot.EnsuredSlot;
import dev.hotcold.changefeed.slot.SlotKeeper;
import dev.hotcold.changefeed.slot.SlotMonitor;
import dev.hotcold.changefeed.slot.SlotState;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.table.Resolution;
import dev.hotcold.table.UsersTable;
import dev.hotcold.user.UserId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

// Long: what happens between two looks at the slot, step by step.
/**
 * Owns the slot and follows the log while it can; while another instance owns it, stands by: looks more than once a second whether it
 * is free, on one connection.
 *
 * <p>Confined to: the thread of its feed, which it blocks.
 */
final class OwnerLoop {

    private static final Logger LOG = LoggerFactory.getLogger(OwnerLoop.class);

    private static final Duration AFTER_SESSION = Duration.ofMillis(100);
    /** Between looks of who is to be the next owner: one instance alone, and for ten seconds at most. */
    private static final Duration PREPARED = Duration.ofMillis(5);

    private static final Duration UNTIL_LOOKUPS = Duration.ofMillis(250);

    private static final String TABLE_CHANGED =
            "the table \"users\" is another now, or its columns, partitions, rights or publication are; the cache is flushed";

    private final FeedDatabase database;
    private final ChangeFeedSettings settings;
    private final BiFunction<String, Deployment, ChangeSink> sinks;
    private final FeedStatus status;
    private final SlotMonitor monitor;
    private final StopSignal stop;
    private final LookupSide lookups;
    private final Prerequisites prerequisites;
    private final Candidates candidates;
    private final Unfollowed unfollowed;
    private final SlotKeeper keeper;
    private final Pauses pauses = new Pauses();
    private final ComparisonTime comparisons = new ComparisonTime();
    private final LostWrites lostWrites = new LostWrites(BlockingTime.system());

    OwnerLoop(
            FeedDatabase database,
            ChangeFeedSettings settings,
            BiFunction<String, Deployment, ChangeSink> sinks,
            FeedStatus status,
            SlotMonitor monitor,
            StopSignal stop,
            LookupSide lookups) {
        this.database = database;
        this.settings = settings;
        this.sinks = sinks;
        this.status = status;
        this.monitor = monitor;
        this.stop = stop;
        this.lookups = lookups;
        this.prerequisites = new Prerequisites(database, settings.publication());
        this.candidates = new Candidates(
                database,
                settings,
                (slot, deployment) -> lostWrites.recorded(sinks.apply(slot, deployment)),
                status,
                BlockingTime.system());
        this.unfollowed = new Unfollowed(this::openSink, status, stop, lookups, BlockingTime.system());
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
            FeedDatabase.Server server = database.server(connection);
            Optional<String> missing = missing(connection, server);
            if (missing.isPresent()) {
                monitor.rest();
                return unfollowed.settle(slot(connection), missing.get()) ? pauses.recheck() : UNTIL_LOOKUPS;
            }
            pauses.allowed();
            return standBy(connection, server);
        } catch (SQLException failure) {
            status.lagBytes(Double.NaN);
            throw failure;
        }
    }

    /** Until a session of its own has ended. */
    private Duration standBy(Connection connection, FeedDatabase.Server server) throws SQLException {
        Candidate prepared = null;
        try {
            while (!stop.isStopped()) {
                Candidates.checkIsToBeFollowed(server);
                if (!isFollowed(connection)) {
                    monitor.wake();
                    if (isFree(connection)) {
                        Candidate candidate =
                                prepared == null ? candidates.open(server, () -> checkIsWanted(server)) : prepared;
                        prepared = null;
                        if (followAsOwner(connection, server, candidate)) {
                            return AFTER_SESSION;
                        }
                    }
                }
                status.standBy();
                if (stop.pause(prepared == null ? pauses.standby() : PREPARED)) {
                    pauses.hurry();
                }
                prepared = prepared(prepared, server);
            }
            return Duration.ZERO;
        } finally {
            if (prepared != null) {
                candidates.dismiss(prepared);
            }
        }
    }

    /** When the owner is to end. Each event loop hears of that, and at its own time. */
    private @Nullable Candidate prepared(@Nullable Candidate former, FeedDatabase.Server server) {
        boolean isOwnerLeaving = stop.isOwnerLeaving() && !stop.isEnding() && !stop.isStopped();
        if (former == null) {
            return isOwnerLeaving
                    ? candidates.stand(server, () -> checkIsWanted(server)).orElse(null)
                    : null;
        }
        if (former.isOld(BlockingTime.system()) || (isOwnerLeaving && !candidates.isStillReady(former))) {
            candidates.dismiss(former);
            return null;
        }
        return former;
    }

    private Optional<String> missing(Connection connection, FeedDatabase.Server server) throws SQLException {
        try (Connection lookups = database.connectAsLookups()) {
            Candidates.checkIsTheSame(database, server, lookups);
            return switch (TableCatalog.of(database, lookups, settings.publication())
                    .resolve()) {
                case Resolution.Resolved(UsersTable table) ->
                    prerequisites.ensure(connection, table, keeper::publicationCreated);
                case Resolution.Missing none -> Optional.of(none.advice());
            };
        }
    }

    /** While another instance follows the slot, this is all that a standby asks. */
    private boolean isFollowed(Connection connection) throws SQLException {
        Optional<SlotState> followed = slot(connection).filter(state -> state.phase() == SlotState.Phase.FOLLOWED);
        followed.ifPresent(state -> {
            monitor.rest();
            status.lagBytes((double) state.lagBytes());
        });
        return followed.isPresent();
    }

    private ChangeSink openSink() throws SQLException {
        try (Connection lookups = database.connectAsLookups()) {
            return sinks.apply(settings.slot(), database.deployment(lookups));
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
    private boolean followAsOwner(Connection connection, FeedDatabase.Server server, Candidate candidate)
            throws SQLException {
        try {
            new JdbcSlotCatalog(connection, settings.slot())
                    .outliveFailover(candidate.source().replication());
            JdbcChangeLog log =
                    JdbcChangeLog.open(candidate.source().replication(), settings.slot(), settings.publication());
            follow(connection, candidate, log, server);
            if (stop.isStopped()) {
                candidate.source().replication().abort(Runnable::run);
                candidate.sink().leave();
            }
            return true;
        } catch (SQLException failure) {
            if (keeper.isTaken(failure)) {
                return false;
            }
            throw failure;
        } finally {
            candidate.close();
            // Of this instance's own end, or of an owner that is gone.
            var _ = stop.isOwnerLeaving();
        }
    }

    private void follow(Connection connection, Candidate candidate, JdbcChangeLog log, FeedDatabase.Server server)
            throws SQLException {
        ChangeSink sink = candidate.sink();
        LogHistory history = candidate.source().history();
        TableCatalog catalog = candidate.catalog();
        UsersTable table = candidate.table();
        String fingerprint = candidate.fingerprint();
        ChangeSink.Applied applied = sink.takeOver(history.name());
        Lsn confirmed = slot(connection)
                .map(SlotState::confirmed)
                .orElseThrow(() -> new SessionEndedException("the replication slot is gone"));
        StartPosition start = new StartPosition(confirmed, JdbcChangeLog.end(connection));
        FeedSession session = new FeedSession(
                log,
                new UserRows(table),
                new JdbcSnapshots(connection),
                sink,
                start,
                status.listener(),
                BlockingTime.system());
        Takeover takeover = new Takeover(
                session, sink, lookups, status, () -> checkGoesOn(server), comparisons, BlockingTime.system());
        CacheContinuity continuity = CacheContinuity.of(applied, history, fingerprint, keeper.isNew(), start)
                .ifComparable(() -> !database.server(catalog.lookups()).isStandby());
        String logName = CacheContinuity.nameOf(history.name(), fingerprint);
        Optional<Set<UserId>> lost = lostWrites.find(continuity, applied, start);
        takeover.prepare(continuity, logName, lost, keepAlive -> lookups.removeDiffering(catalog.lookups(), keepAlive));
        if (lost.isEmpty()) {
            lostWrites.begin(continuity, applied, logName, start);
        }
        if (!continuity.isContinued()) {
            keeper.cacheFlushed();
        }
        table.whyOnlyOutdated()
                .ifPresent(why ->
                        LOG.info("Change feed: a changed user is removed from the cache, not replaced: {}", why));
        status.becomeOwner(table.whyUnseen());
        Handover handover = new Handover(stop, sink, BlockingTime.system());
        monitor.watchTable(true);
        monitor.reset();
        try {
            session.follow(
                    () -> goesOn(fingerprint, server) && !hasHandedOver(handover),
                    new DescribedTable(monitor, fingerprint),
                    monitor::isNothingMissing);
        } catch (IllegalArgumentException noMessage) {
            keeper.unreadable(confirmed);
            throw new SessionEndedException("PostgreSQL's log has what is no message: " + noMessage.getMessage());
        } catch (SQLException failure) {
            if (Queries.isUnreadable(failure)) {
                keeper.unreadable(confirmed);
            }
            throw failure;
        } catch (SessionEndedException ended) {
            if (ended.changesWereMissed()) {
                session.flushUnfollowed(String.valueOf(ended.getMessage()));
            }
            throw ended;
        } finally {
            monitor.watchTable(false);
        }
    }

    /** Before the log is read. */
    private void checkGoesOn(FeedDatabase.Server server) {
        checkIsResponsive(server);
        checkIsWanted(server);
    }

    private void checkIsWanted(FeedDatabase.Server server) {
        Candidates.checkIsToBeFollowed(server);
        if (stop.isStopped()) {
            throw new SessionEndedException("interrupted");
        }
    }

    private void checkIsResponsive(FeedDatabase.Server server) {
        Candidates.checkIsToBeFollowed(server);
        if (!monitor.isResponsive()) {
            throw new SessionEndedException("PostgreSQL does not answer");
        }
    }

    private boolean goesOn(String fingerprint, FeedDatabase.Server server) {
        checkIsResponsive(server);
        if (monitor.missingPrerequisite().isPresent()) {
            throw SessionEndedException.changesMissed(
                    monitor.missingPrerequisite().get());
        }
        if (monitor.tableFingerprint().map(now -> !now.equals(fingerprint)).orElse(false)) {
            throw SessionEndedException.changesMissed(TABLE_CHANGED);
        }
        if (monitor.slot()
                .map(state -> state.lagBytes() > settings.maxLagBytes())
                .orElse(false)) {
            throw new SessionEndedException("the slot lags by more than CHANGE_FEED_MAX_LAG_MB");
        }
        return !stop.isStopped();
    }

    private boolean hasHandedOver(Handover handover) {
        boolean isDue = handover.isDue();
        if (isDue) {
            stop.stop();
        }
        return isDue;
    }

    private Optional<SlotState> slot(Connection connection) throws SQLException {
        return new JdbcSlotCatalog(connection, settings.slot()).state();
    }
}
