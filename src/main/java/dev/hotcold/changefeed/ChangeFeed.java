package dev.hotcold.changefeed;

import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.freshness.Lsn;
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
 * slot; the others look five times a second whether it still does.
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

    private final FeedDatabase database;
    private final ChangeFeedSettings settings;
    private final Function<String, ChangeSink> sinks;
    private final FeedStatus status = new FeedStatus();
    private final Prerequisites prerequisites;
    private final ReplicationSlot slot;
    private final SlotClaim claim;
    private final SlotMonitor monitor;
    private final CountDownLatch stopping = new CountDownLatch(1);
    private final Thread thread =
            Thread.ofPlatform().daemon().name("change-feed").unstarted(this::run);

    /** @param sinks opens the hot store for the feed of that name; fails with {@link HotStoreException} */
    public ChangeFeed(FeedDatabase database, ChangeFeedSettings settings, Function<String, ChangeSink> sinks) {
        this.database = database;
        this.settings = settings;
        this.sinks = sinks;
        this.slot = new ReplicationSlot(settings.slot());
        this.claim = new SlotClaim(slot, settings);
        this.prerequisites = new Prerequisites(database, settings);
        this.monitor = new SlotMonitor(database, prerequisites, slot, status);
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
            Prerequisites prerequisites = new Prerequisites(database, settings);
            Optional<String> lacking = prerequisites.whatIsLacking(connection);
            if (lacking.isEmpty()) {
                SlotClaim claim = new SlotClaim(new ReplicationSlot(settings.slot()), settings);
                claimFor(prerequisites, claim);
                var _ = claim.isFree(connection);
            }
            return lacking;
        } catch (FeedEndedException impossible) {
            return Optional.of(impossible.what());
        }
    }

    private static void claimFor(Prerequisites prerequisites, SlotClaim claim) {
        if (prerequisites.takePublicationIsNew()) {
            claim.publicationIsNew();
        }
    }

    /** Begins to work, unless the settings say that it is off. */
    public void start() {
        if (settings.mode() != ChangeFeedSettings.Mode.OFF) {
            monitor.start();
            thread.start();
        }
    }

    /**
     * Waits until it is known whether changes are followed: before that, what is stored may be removed once more.
     *
     * @param most the longest to wait
     */
    public void awaitFirstOutcome(Duration most) {
        if (settings.mode() != ChangeFeedSettings.Mode.OFF) {
            status.awaitFirstOutcome(most);
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
            } catch (HotStoreException | FeedEndedException failure) {
                failed(String.valueOf(failure.getMessage()));
                next = pause;
            } catch (RuntimeException | Error unforeseen) { // even for want of memory: nobody else would go on
                LOG.error("The change feed failed in an unforeseen way", unforeseen);
                failed("failed in an unforeseen way: " + unforeseen);
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
            Optional<String> lacking = prerequisites.whatIsLacking(connection);
            if (lacking.isPresent()) {
                failed("changes in PostgreSQL are not followed, so that they show when CACHE_TTL_SECONDS is over: "
                        + lacking.get());
                forgetPosition(connection);
                return RECHECK;
            }
            claimFor(prerequisites, claim);
            while (!isStopping()) {
                if (claim.isFree(connection) && followAsOwner(connection)) {
                    return FIRST_PAUSE;
                }
                status.enter(FeedStatus.Role.STANDBY);
                pauseFor(STANDBY_PERIOD);
            }
        }
        return Duration.ZERO;
    }

    /** Unless another instance follows, Redis is to be emptied before changes are followed again; it may be away. */
    private void forgetPosition(Connection connection) throws SQLException {
        if (slot.state(connection).map(ReplicationSlot.State::active).orElse(false)) {
            return;
        }
        try (ChangeSink sink = sinks.apply(settings.slot())) {
            sink.forgetPosition();
        } catch (HotStoreException away) {
            LOG.debug("The position in Redis cannot be forgotten now", away);
        }
    }

    /** @return whether this instance has followed the log; otherwise another was faster */
    private boolean followAsOwner(Connection connection) throws SQLException {
        Connection replication = database.connectForReplication();
        try {
            String log = ReplicationSlot.history(replication);
            PGReplicationStream stream = open(replication);
            try (ChangeSink sink = sinks.apply(settings.slot())) {
                follow(connection, log, stream, sink);
            }
            return true;
        } catch (SQLException failure) {
            if (claim.followingFailed(failure)) {
                return false;
            }
            throw failure;
        } finally {
            // Not the stream's own end, which first reads the rest of a transaction, however large, into memory.
            replication.abort(Runnable::run);
        }
    }

    private void follow(Connection connection, String log, PGReplicationStream stream, ChangeSink sink)
            throws SQLException {
        Optional<Lsn> applied = sink.takeOver(log + "/" + Prerequisites.tableId(connection));
        Optional<String> lacking = prerequisites.whatIsLackingInCatalog(connection);
        if (lacking.isPresent()) {
            sink.forgetPosition();
            throw new FeedEndedException(lacking.get());
        }
        Lsn confirmed = slot.state(connection)
                .map(ReplicationSlot.State::confirmed)
                .orElseThrow(() -> new FeedEndedException("the replication slot is gone"));
        Lsn endOfLog = ReplicationSlot.endOfLog(connection);
        UserRows rows = new UserRows(Prerequisites.schema(connection));
        FeedSession session = new FeedSession(stream, rows, connection, sink, confirmed, endOfLog, status);
        Optional<String> gap = gap(applied, confirmed, endOfLog);
        if (gap.isPresent()) {
            LOG.info("Change feed: what Redis holds is {}; emptying it", gap.get());
            session.beginAnew();
            claim.nothingIsStored();
        }
        status.enter(FeedStatus.Role.OWNER);
        monitor.forget();
        try {
            session.follow(this::goesOn);
        } catch (FeedEndedException ended) {
            if (ended.changesWereMissed()) {
                sink.forgetPosition();
            }
            throw ended;
        }
    }

    /** Why what is stored is not in step with the slot; empty when it is. */
    private Optional<String> gap(Optional<Lsn> applied, Lsn confirmed, Lsn endOfLog) {
        if (applied.isEmpty()) {
            return Optional.of("of unknown age");
        }
        if (claim.isNew() || applied.get().compareTo(confirmed) < 0) {
            return Optional.of("older than the slot");
        }
        return applied.get().compareTo(endOfLog) > 0 ? Optional.of("of another log") : Optional.empty();
    }

    private boolean goesOn() {
        if (!monitor.hears()) {
            throw new FeedEndedException("PostgreSQL does not answer");
        }
        if (monitor.lacking().isPresent()) {
            throw FeedEndedException.changesMissed(monitor.lacking().get());
        }
        if (monitor.latest()
                .map(state -> state.lagBytes() > settings.maxLagBytes())
                .orElse(false)) {
            throw new FeedEndedException("too far behind");
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
                // Also the longest that a message may stop half-way; the session itself reports more often.
                .withStatusInterval(Math.toIntExact(FeedSession.LONGEST_SILENCE.toMillis()), TimeUnit.MILLISECONDS)
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
