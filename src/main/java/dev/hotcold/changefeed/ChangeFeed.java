package dev.hotcold.changefeed;

import dev.hotcold.blocking.BlockingTime;
import dev.hotcold.changefeed.apply.SessionEndedException;
import dev.hotcold.changefeed.pace.StopSignal;
import dev.hotcold.changefeed.postgres.FeedDatabase;
import dev.hotcold.changefeed.postgres.JdbcSlotCatalog;
import dev.hotcold.changefeed.postgres.JdbcSlotProbe;
import dev.hotcold.changefeed.postgres.Prerequisites;
import dev.hotcold.changefeed.postgres.Queries;
import dev.hotcold.changefeed.postgres.TableCatalog;
import dev.hotcold.changefeed.slot.EnsuredSlot;
import dev.hotcold.changefeed.slot.SlotKeeper;
import dev.hotcold.changefeed.slot.SlotMonitor;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.table.Resolution;
import dev.hotcold.table.UsersTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiFunction;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Follows the changes of PostgreSQL and applies them to the hot store. Of all instances one does, the owner of the slot; the
 * others stand by.
 *
 * <p>The slot continues what is cached if the position noted beside the cache is not before the one that the slot has
 * confirmed. A new slot, a slot that someone else created, a hot store that was restored from an older copy or flushed: all
 * show as a gap between the two, and after a gap the cache is flushed before changes are followed again. Every failure ends
 * the session, and the next one begins with that comparison.
 *
 * <p>Thread-safe. Works on a thread of its own.
 */
public final class ChangeFeed implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ChangeFeed.class);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(2);
    /** Instances that stand by look more than once a second. */
    private static final Duration MAKING_WAY = Duration.ofSeconds(2);

    private final ChangeFeedSettings settings;
    private final FeedStatus status;
    private final StopSignal stop = new StopSignal();
    private final SlotMonitor monitor;
    private final OwnerLoop ownerLoop;
    private final Thread thread =
            Thread.ofPlatform().daemon().name("change-feed").unstarted(this::run);

    /**
     * A feed that has not begun.
     *
     * @param sinks opens the hot store for the feed of that name; fails with {@link HotStoreException}
     */
    public ChangeFeed(
            FeedDatabase database,
            ChangeFeedSettings settings,
            BiFunction<String, Deployment, ChangeSink> sinks,
            LookupSide lookups) {
        this.settings = settings;
        this.status = new FeedStatus(settings.mode() != ChangeFeedSettings.Mode.OFF);
        Prerequisites prerequisites = new Prerequisites(database, settings.publication());
        status.onOwnerLeft(stop::wake);
        status.onOwnerLeaves(stop::ownerLeaves);
        this.monitor = new SlotMonitor(
                () -> JdbcSlotProbe.open(database, settings.slot(), prerequisites),
                status::lagBytes,
                status::waiting,
                BlockingTime.system());
        this.ownerLoop = new OwnerLoop(database, settings, sinks, status, monitor, stop, lookups);
    }

    /** Its state. */
    public FeedStatus status() {
        return status;
    }

    /**
     * Checks what PostgreSQL must allow, and creates the publication and the slot where the role may.
     *
     * @return what is missing and how to fix it; empty = nothing
     * @throws SQLException when PostgreSQL fails
     */
    public static Optional<String> prepare(FeedDatabase database, ChangeFeedSettings settings) throws SQLException {
        try (Connection connection = database.connect();
                Connection lookups = database.connectAsLookups()) {
            SlotKeeper keeper = new SlotKeeper(settings.slot(), settings.maxLagBytes());
            Optional<String> missing = switch (TableCatalog.of(database, lookups, settings.publication())
                    .resolve()) {
                case Resolution.Resolved(UsersTable table) ->
                    new Prerequisites(database, settings.publication())
                            .ensure(connection, table, keeper::publicationCreated);
                case Resolution.Missing none -> Optional.of(none.advice());
            };
            if (missing.isPresent()) {
                return missing;
            }
            return switch (keeper.ensureSlot(new JdbcSlotCatalog(connection, settings.slot()))) {
                case EnsuredSlot.Free _, EnsuredSlot.Taken _ -> Optional.empty();
                case EnsuredSlot.Unusable(String reason) -> Optional.of(reason);
            };
        }
    }

    /**
     * Checks the same as {@link #prepare}, as far as the catalog says it, and creates nothing.
     *
     * @return what is missing and how to fix it; empty = nothing but what {@link #prepare} creates
     * @throws SQLException when PostgreSQL fails
     */
    public static Optional<String> missing(FeedDatabase database, ChangeFeedSettings settings) throws SQLException {
        try (Connection connection = database.connect();
                Connection lookups = database.connectAsLookups()) {
            return switch (TableCatalog.of(database, lookups, settings.publication())
                    .resolve()) {
                case Resolution.Resolved(UsersTable table) ->
                    new Prerequisites(database, settings.publication()).missingBeforehand(connection, table);
                case Resolution.Missing none -> Optional.of(none.advice());
            };
        }
    }

    /** Something has changed for the better: what waits for its next attempt waits no longer. On any thread. */
    public void tryAgain() {
        stop.wake();
    }

    /** Begins to work, unless the settings say that it is off. */
    public void start() {
        if (settings.mode() != ChangeFeedSettings.Mode.OFF) {
            monitor.start();
            thread.start();
        }
    }

    /**
     * Waits until it is known whether changes are followed: before that, the cache may be flushed.
     *
     * @param most the longest to wait
     */
    public void awaitFirstOutcome(Duration most) {
        if (settings.mode() != ChangeFeedSettings.Mode.OFF) {
            status.awaitFirstOutcome(most);
        }
    }

    /** This instance ends before long: another one that can go on at once does so from now on. */
    public void endSoon() {
        stop.end();
    }

    /** Ends its work; the slot stays, and another instance may take over. */
    @Override
    public void close() {
        stop.stop();
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
        while (!stop.isStopped()) {
            long startedAt = System.nanoTime();
            Duration next;
            try {
                next = ownerLoop.run();
                pause = FIRST_PAUSE;
            } catch (SQLException failure) {
                degraded("PostgreSQL: " + Queries.firstLine(failure));
                next = pause;
            } catch (HotStoreException | SessionEndedException failure) {
                degraded(String.valueOf(failure.getMessage()));
                next = pause;
                if (failure instanceof SessionEndedException ended && ended.makesWay()) {
                    stop.pauseInFull(MAKING_WAY);
                    next = Duration.ZERO;
                }
            } catch (RuntimeException | Error unforeseen) { // even an OutOfMemoryError: nothing else would retry
                LOG.error("The change feed failed unexpectedly", unforeseen);
                degraded("failed unexpectedly: " + unforeseen);
                next = pause;
            }
            boolean lasted = System.nanoTime() - startedAt > LONGEST_PAUSE.toNanos();
            pause = lasted ? FIRST_PAUSE : shorter(pause.multipliedBy(2), LONGEST_PAUSE);
            var _ = stop.pause(next);
        }
        status.stop();
    }

    private void degraded(String why) {
        if (!stop.isStopped()) {
            status.degraded(why);
        }
    }

    private static Duration shorter(Duration a, Duration b) {
        return a.compareTo(b) <= 0 ? a : b;
    }
}
