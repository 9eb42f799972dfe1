package dev.hotcold.changefeed;

import dev.hotcold.lookup.ChangeSink;
import dev.hotcold.lookup.ChangeSinkException;
import dev.hotcold.lookup.Lsn;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.postgresql.PGConnection;
import org.postgresql.replication.PGReplicationStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the changes of PostgreSQL and applies them to the hot store. Of all instances one does, the one that follows the
 * slot; the others look twice a second whether it still does.
 *
 * <p>What is stored is in step with the slot if the position noted beside it is not before the one that the slot has
 * confirmed. A new slot, a slot of another's making, a hot store that was restored from an older copy or emptied: all show
 * as a gap between the two, and after a gap the hot store is emptied before changes are followed again. Whatever fails ends
 * the session, and the next one begins with that comparison.
 *
 * <p>Thread-safe. Works on a thread of its own.
 */
public final class ChangeFeed implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ChangeFeed.class);

    private static final Duration STANDBY_PERIOD = Duration.ofMillis(200);
    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);

    /** How often it is looked whether PostgreSQL allows by now what it did not. */
    private static final Duration RECHECK = Duration.ofSeconds(10);

    private static final String OBJECT_IN_USE = "55006";

    private final FeedDatabase database;
    private final ChangeFeedSettings settings;
    private final Function<String, ChangeSink> sinks;
    private final FeedStatus status = new FeedStatus();
    private final ReplicationSlot slot;
    private final SlotMonitor monitor;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread =
            Thread.ofPlatform().daemon().name("change-feed").unstarted(this::run);

    /** @param sinks opens the hot store for the feed of that name; fails with {@link ChangeSinkException} */
    public ChangeFeed(FeedDatabase database, ChangeFeedSettings settings, Function<String, ChangeSink> sinks) {
        this.database = database;
        this.settings = settings;
        this.sinks = sinks;
        this.slot = new ReplicationSlot(settings.slot());
        this.monitor = new SlotMonitor(database, slot, status);
    }

    /** How it does. */
    public FeedStatus status() {
        return status;
    }

    /**
     * Checks what PostgreSQL must allow, and creates the publication and the slot where the role may.
     *
     * @return what is lacking and how to mend it; empty = nothing
     * @throws SQLException when PostgreSQL cannot be asked
     */
    public static Optional<String> prepare(FeedDatabase database, ChangeFeedSettings settings) throws SQLException {
        try (Connection connection = database.connect()) {
            Optional<String> lacking = new Prerequisites(database, settings).whatIsLacking(connection);
            if (lacking.isEmpty()) {
                ReplicationSlot slot = new ReplicationSlot(settings.slot());
                if (slot.state(connection).isEmpty()) {
                    slot.create(connection);
                }
            }
            return lacking;
        }
    }

    /** Begins to work, unless the settings say that it is off. */
    public void start() {
        if (settings.mode() != ChangeFeedSettings.Mode.OFF) {
            monitor.start();
            thread.start();
        }
    }

    /** Ends its work; the slot stays, and another instance may go on. */
    @Override
    public void close() {
        stopping.countDown();
        monitor.close();
        if (!thread.isAlive()) {
            return;
        }
        try {
            thread.join(Duration.ofSeconds(1));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void run() {
        Duration pause = FIRST_PAUSE;
        while (!isStopping()) {
            long startedAt = System.nanoTime();
            Duration next;
            try {
                next = attempt();
                pause = FIRST_PAUSE;
            } catch (SQLException failure) {
                failed("PostgreSQL: " + Prerequisites.firstLine(failure));
                next = pause;
            } catch (ChangeSinkException failure) {
                failed(String.valueOf(failure.getMessage()));
                next = pause;
            } catch (RuntimeException bug) {
                LOG.error("The change feed failed in an unforeseen way", bug);
                failed("failed in an unforeseen way: " + bug);
                next = pause;
            }
            boolean lasted = System.nanoTime() - startedAt > LONGEST_PAUSE.toNanos();
            pause = lasted ? FIRST_PAUSE : shorter(pause.multipliedBy(2), LONGEST_PAUSE);
            pauseFor(next);
        }
        status.enter(FeedStatus.Role.NONE);
    }

    private void failed(String what) {
        if (!isStopping()) {
            status.enter(FeedStatus.Role.NONE);
            status.ailing(what);
        }
    }

    /** @return when to try again */
    private Duration attempt() throws SQLException {
        try (Connection connection = database.connect()) {
            Optional<String> lacking = new Prerequisites(database, settings).whatIsLacking(connection);
            if (lacking.isPresent()) {
                failed("changes in PostgreSQL are not followed, so that they show when CACHE_TTL_SECONDS is over: "
                        + lacking.get());
                return RECHECK;
            }
            while (!isStopping()) {
                if (isFree(connection) && followAsOwner(connection)) {
                    return FIRST_PAUSE;
                }
                status.enter(FeedStatus.Role.STANDBY);
                pauseFor(STANDBY_PERIOD);
            }
        }
        return Duration.ZERO;
    }

    /** Makes sure that there is a slot to follow. Whether nobody follows it. */
    private boolean isFree(Connection connection) throws SQLException {
        Optional<ReplicationSlot.State> found = slot.state(connection);
        if (found.isEmpty()) {
            LOG.info("Change feed: creating the replication slot {}", settings.slot());
            slot.create(connection);
            return true;
        }
        ReplicationSlot.State state = found.get();
        if (!state.fits()) {
            throw new ChangeSinkException("the replication slot " + settings.slot()
                    + " is another's: it is not of pgoutput and this database; set CHANGE_FEED_SLOT to a free name");
        }
        if (!state.active() && (state.lost() || state.lagBytes() > settings.maxLagBytes())) {
            LOG.warn(
                    "Change feed: the slot {} {}; it is dropped, and Redis will be emptied",
                    settings.slot(),
                    state.lost()
                            ? "was invalidated by PostgreSQL"
                            : "lags by " + state.lagBytes() + " bytes, more than CHANGE_FEED_MAX_LAG_MB");
            slot.drop(connection);
            slot.create(connection);
            return true;
        }
        return !state.active();
    }

    /** @return whether this instance has followed the log; otherwise another was faster */
    private boolean followAsOwner(Connection connection) throws SQLException {
        try (Connection replication = database.connectForReplication();
                PGReplicationStream stream = open(replication)) {
            try (ChangeSink sink = sinks.apply(settings.slot())) {
                follow(connection, stream, sink);
            }
            return true;
        } catch (SQLException failure) {
            if (OBJECT_IN_USE.equals(failure.getSQLState())) {
                return false;
            }
            throw failure;
        }
    }

    private void follow(Connection connection, PGReplicationStream stream, ChangeSink sink) throws SQLException {
        Optional<Lsn> applied = sink.takeOver();
        Lsn confirmed = slot.state(connection)
                .map(ReplicationSlot.State::confirmed)
                .orElseThrow(() -> new ChangeSinkException("the replication slot is gone"));
        Lsn endOfLog = ReplicationSlot.endOfLog(connection);
        FeedSession session = new FeedSession(stream, connection, sink, confirmed, endOfLog, status);
        if (applied.isEmpty() || applied.get().compareTo(confirmed) < 0) {
            LOG.info(
                    "Change feed: what Redis holds is {}; emptying it",
                    applied.isEmpty() ? "of unknown age" : "older than the slot");
            session.clearAll();
        }
        status.enter(FeedStatus.Role.OWNER);
        monitor.forget();
        session.follow(this::goesOn);
    }

    private boolean goesOn() {
        if (!monitor.hears()) {
            throw new ChangeSinkException("PostgreSQL does not answer");
        }
        if (monitor.latest()
                .map(state -> state.lagBytes() > settings.maxLagBytes())
                .orElse(false)) {
            throw new ChangeSinkException("too far behind");
        }
        return !isStopping();
    }

    private PGReplicationStream open(Connection replication) throws SQLException {
        return replication
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName(settings.slot())
                .withSlotOption("proto_version", 1)
                .withSlotOption("publication_names", settings.publication())
                .withStatusInterval(Math.toIntExact(FeedSession.STATUS_INTERVAL.toMillis()), TimeUnit.MILLISECONDS)
                .withAutomaticFlush(false)
                .start();
    }

    private boolean isStopping() {
        return stopping.getCount() == 0;
    }

    private void pauseFor(Duration time) {
        try {
            var _ = stopping.await(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }
}
