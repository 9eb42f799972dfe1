package dev.hotcold.changefeed;

import dev.hotcold.blocking.BlockingTime;
import dev.hotcold.changefeed.apply.SessionEndedException;
import dev.hotcold.changefeed.postgres.FeedDatabase;
import dev.hotcold.changefeed.postgres.JdbcChangeLog;
import dev.hotcold.changefeed.postgres.LogHistory;
import dev.hotcold.changefeed.postgres.Prerequisites;
import dev.hotcold.changefeed.postgres.TableCatalog;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.FollowedLog;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.table.UsersTable;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Prepares what it takes to follow the log, all but the slot: connections, whose log it is, the table.
 *
 * <p>Confined to: the thread of its feed, which it blocks.
 */
final class Candidates {

    private static final Logger LOG = LoggerFactory.getLogger(Candidates.class);

    /** What was prepared for an owner that then did not end is given up. */
    private static final Duration KEPT = Duration.ofSeconds(10);

    /**
     * The log, before it is read.
     *
     * @param replication connection that is to read it
     * @param history whose log it is
     */
    record Source(Connection replication, LogHistory history) {}

    /**
     * Ready to follow the log.
     *
     * @param source the log
     * @param catalog by a connection of the lookups' role
     * @param fingerprint of the table
     * @param stands whether others know that this instance is to be the next
     * @param at by the clock of {@link BlockingTime#nanos()}
     */
    record Candidate(
            Source source,
            TableCatalog catalog,
            UsersTable table,
            String fingerprint,
            ChangeSink sink,
            boolean stands,
            long at)
            implements AutoCloseable {

        boolean isOld(BlockingTime time) {
            return time.nanos() - at > KEPT.toNanos();
        }

        /** The stream's own end first reads the rest of a transaction, however large, into memory. */
        @Override
        public void close() throws SQLException {
            source.replication.abort(Runnable::run);
            sink.close();
            catalog.lookups().close();
        }
    }

    private final FeedDatabase database;
    private final ChangeFeedSettings settings;
    private final BiFunction<String, Deployment, ChangeSink> sinks;
    private final FeedStatus status;
    private final BlockingTime time;

    /** @param sinks opens the hot store for the feed of that name */
    Candidates(
            FeedDatabase database,
            ChangeFeedSettings settings,
            BiFunction<String, Deployment, ChangeSink> sinks,
            FeedStatus status,
            BlockingTime time) {
        this.database = database;
        this.settings = settings;
        this.sinks = sinks;
        this.status = status;
        this.time = time;
    }

    /**
     * Prepares for a slot that is free.
     *
     * @param server that is followed
     * @param watch looked at all the while
     * @throws SQLException when PostgreSQL fails
     * @throws HotStoreException when the hot store fails
     * @throws SessionEndedException when the log is not to be followed from here
     */
    Candidate open(FeedDatabase.Server server, Takeover.Watch watch) throws SQLException {
        return open(server, watch, false)
                .orElseThrow(() -> new IllegalStateException("only who stands for it can be too late"));
    }

    /**
     * Prepares for a slot that its owner is about to leave, and tells it when that is done. Never fails.
     *
     * @return empty: another instance does, or it cannot be done now
     */
    Optional<Candidate> stand(FeedDatabase.Server server, Takeover.Watch watch) {
        try {
            return open(server, watch, true);
        } catch (SQLException | HotStoreException | SessionEndedException failure) {
            LOG.debug("Cannot prepare to follow changes", failure);
            return Optional.empty();
        }
    }

    /**
     * Tells the owner once more: only what is noted after it has announced its end counts.
     *
     * @return whether that is done
     */
    boolean isStillReady(Candidate candidate) {
        try {
            candidate.sink().ready();
            return true;
        } catch (HotStoreException failure) {
            LOG.debug("What was prepared is of no use", failure);
            return false;
        }
    }

    /** Gives up what was prepared. */
    void dismiss(Candidate candidate) {
        try (candidate) {
            withdraw(candidate.sink(), candidate.stands());
        } catch (SQLException failure) {
            LOG.debug("Ended otherwise than in order", failure);
        }
    }

    private Optional<Candidate> open(FeedDatabase.Server server, Takeover.Watch watch, boolean stands)
            throws SQLException {
        Opened opened = new Opened(database.connectAsLookups());
        boolean isReady = false;
        try {
            checkIsTheSame(database, server, opened.lookups);
            ChangeSink sink = sinks.apply(settings.slot(), database.deployment(opened.lookups));
            opened.sink = sink;
            if (stands && !sink.stand()) {
                return Optional.empty();
            }
            opened.stands = stands;
            Connection replication = database.connectForReplication();
            opened.replication = replication;
            checkIsTheSame(database, server, replication);
            Optional<String> harm = Prerequisites.harm(replication);
            if (harm.isPresent()) {
                throw new SessionEndedException(harm.get());
            }
            LogHistory history = JdbcChangeLog.history(replication);
            // Before the slot is taken: PostgreSQL would end a session that tells it nothing while it waits.
            new Rivals(sink, watch, status, time).newer(history.log()).ifPresent(newer -> leaveTo(newer, server));
            TableCatalog catalog = TableCatalog.of(database, opened.lookups, settings.publication());
            UsersTable table = catalog.table();
            String fingerprint = catalog.fingerprint(table);
            if (stands) {
                sink.ready();
            }
            isReady = true;
            return Optional.of(new Candidate(
                    new Source(replication, history), catalog, table, fingerprint, sink, stands, time.nanos()));
        } finally {
            if (!isReady) {
                opened.giveUp();
            }
        }
    }

    /** What is open of a candidate that is not ready yet. */
    private static final class Opened {

        private final Connection lookups;
        private @Nullable ChangeSink sink;
        private @Nullable Connection replication;
        private boolean stands;

        Opened(Connection lookups) {
            this.lookups = lookups;
        }

        void giveUp() throws SQLException {
            if (replication != null) {
                replication.abort(Runnable::run);
            }
            if (sink != null) {
                withdraw(sink, stands);
                sink.close();
            }
            lookups.close();
        }
    }

    private static void withdraw(ChangeSink sink, boolean stands) {
        try {
            if (stands) {
                sink.withdraw();
            }
        } catch (HotStoreException failure) {
            LOG.debug("What was noted of the next owner stays until the owner announces its end", failure);
        }
    }

    /** Lookups leave the server too. */
    private static void leaveTo(FollowedLog newer, FeedDatabase.Server server) {
        server.heardOf(newer);
        checkIsToBeFollowed(server);
        throw SessionEndedException.makingWay("another instance follows changes on timeline " + newer.timeline()
                + ", and this server is on an older one");
    }

    static void checkIsToBeFollowed(FeedDatabase.Server server) {
        Optional<String> why = server.whyLeave();
        if (why.isPresent()) {
            throw new SessionEndedException(why.get());
        }
    }

    /** A promotion may lie between two connections, or a proxy spread them. */
    static void checkIsTheSame(FeedDatabase database, FeedDatabase.Server server, Connection other)
            throws SQLException {
        if (server.isOther(database.server(other))) {
            throw new SessionEndedException("connections to PostgreSQL lead to different servers");
        }
    }
}
