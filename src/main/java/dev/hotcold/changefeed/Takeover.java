package dev.hotcold.changefeed;

import dev.hotcold.blocking.BlockingTime;
import dev.hotcold.changefeed.apply.FeedSession;
import dev.hotcold.changefeed.apply.SessionEndedException;
import dev.hotcold.changefeed.pace.ComparisonTime;
import dev.hotcold.changefeed.postgres.Queries;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.user.UserId;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What becomes of the cache when an instance begins to follow changes: it is kept, compared with the database, or flushed. While
 * lookups do not reach PostgreSQL it is all that callers get, and nothing is taken from it. No beat is written meanwhile, so that
 * its users count as unproven after a while.
 *
 * <p>Confined to: the thread of its feed, which it blocks.
 */
final class Takeover {

    private static final Logger LOG = LoggerFactory.getLogger(Takeover.class);

    private static final Duration BETWEEN_TRIALS = Duration.ofMillis(50);
    /** Then another instance may try, whose lookups are perhaps better off. */
    private static final Duration LONGEST_WAIT = Duration.ofSeconds(10);
    /** What is not compared by then is flushed: meanwhile nothing that is cached is proven fresh. */
    private static final Duration LONGEST_COMPARISON = Duration.ofSeconds(30);

    private static final String WAITS =
            "changes are followed as soon as lookups reach PostgreSQL again; until then what is cached is kept,"
                    + " and marked as unproven";

    private static final Duration TURN = Duration.ofMillis(100);

    /** What is looked at all the while. */
    @FunctionalInterface
    interface Watch {

        /** Fails when the session is to end. */
        void check();
    }

    /** Compares the cache with the database, and removes what differs. */
    @FunctionalInterface
    interface Comparison {

        /**
         * Runs to its end. Fails where the database does, or has what cannot be compared.
         *
         * @return how many users were removed
         */
        int run(Runnable keepAlive) throws SQLException;
    }

    private final FeedSession session;
    private final ChangeSink sink;
    private final LookupSide lookups;
    private final FeedStatus status;
    private final Watch watch;
    private final ComparisonTime comparisons;
    private final BlockingTime time;

    /** @param comparisons of all sessions of this instance */
    Takeover(
            FeedSession session,
            ChangeSink sink,
            LookupSide lookups,
            FeedStatus status,
            Watch watch,
            ComparisonTime comparisons,
            BlockingTime time) {
        this.session = session;
        this.sink = sink;
        this.lookups = lookups;
        this.status = status;
        this.watch = watch;
        this.comparisons = comparisons;
        this.time = time;
    }

    /**
     * Makes the cache one that changes can be applied to.
     *
     * @param log what positions are noted with from now on
     * @param lost whose changes may have been lost with a former primary of the hot store; empty = that is not known
     * @param comparison of this very database
     */
    void prepare(CacheContinuity continuity, String log, Optional<Set<UserId>> lost, Comparison comparison)
            throws SQLException {
        switch (continuity) {
            case CONTINUED -> {
                // Nothing was missed.
            }
            case FAILED_OVER -> {
                awaitLookups();
                session.endLeases();
                OptionalInt removed = removeDiffering(comparison);
                comparisons.end();
                if (removed.isPresent()) {
                    LOG.info(
                            "Change feed: the cache is {}; of its users, {} differed and were removed",
                            continuity,
                            removed.getAsInt());
                    sink.continueWith(log);
                } else {
                    flush(continuity + ", and cannot be compared", log);
                }
            }
            case BEHIND_SLOT -> {
                if (lost.isPresent()) {
                    applyAgain(lost.get());
                } else {
                    flush(continuity.toString(), log);
                }
            }
            case OLDER_THAN_SLOT, ANOTHER_LOG, LOST_CHANGES, NOT_COMPARABLE -> {
                awaitLookups();
                // Some may still read from a former primary.
                session.endLeases();
                flushNow(continuity.toString(), log);
            }
            case UNKNOWN_POSITION -> flush(continuity.toString(), log);
        }
    }

    private void applyAgain(Set<UserId> users) throws SQLException {
        awaitLookups();
        session.applyAgain(users);
        LOG.warn(
                "Change feed: Redis had lost the last changes, as a failover can; the {} users were removed",
                users.size());
    }

    /** @param what completes "the cache is" */
    private void flush(String what, String log) throws SQLException {
        awaitLookups();
        flushNow(what, log);
    }

    private void flushNow(String what, String log) {
        LOG.info("Change feed: the cache is {}; flushing it", what);
        // First of all: should this end half-way, the next session must flush as well.
        var _ = sink.clearPosition();
        sink.continueWith(log);
        session.resynchronise("it is " + what);
    }

    /** @return empty: it takes too long, or there is what cannot be compared */
    private OptionalInt removeDiffering(Comparison comparison) throws SQLException {
        comparisons.begin(time.nanos());
        try {
            return OptionalInt.of(comparison.run(() -> {
                watch.check();
                session.keepAlive();
                if (isOverdue()) {
                    throw new TooLongException();
                }
            }));
        } catch (TooLongException late) {
            LOG.warn(
                    "Change feed: the cache could not be compared with PostgreSQL within {} s",
                    LONGEST_COMPARISON.toSeconds());
            return OptionalInt.empty();
        } catch (SQLException failure) {
            if (!Queries.isUnreadable(failure) && !isOverdue()) {
                comparisons.failed(time.nanos());
                throw failure;
            }
            LOG.warn("Change feed: the cache cannot be compared with PostgreSQL: {}", Queries.firstLine(failure));
            return OptionalInt.empty();
        }
    }

    private boolean isOverdue() {
        return comparisons.spent(time.nanos()).compareTo(LONGEST_COMPARISON) >= 0;
    }

    /** A comparison takes too long. */
    private static final class TooLongException extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    /** With an empty cache, as at an ordinary start, there is nothing to lose and to wait for. */
    private void awaitLookups() throws SQLException {
        if (!sink.holdsUsers(session::keepAlive)) {
            return;
        }
        long beganAt = time.nanos();
        while (!reach()) {
            if (time.nanos() - beganAt >= LONGEST_WAIT.toNanos()) {
                throw SessionEndedException.makingWay(WAITS);
            }
            status.degraded(WAITS);
            time.pause(BETWEEN_TRIALS);
        }
    }

    private boolean reach() throws SQLException {
        CompletableFuture<Boolean> trial = lookups.reachDatabase();
        try {
            do {
                watch.check();
                session.checkAlive();
            } while (!time.await(trial, TURN));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new SessionEndedException("interrupted");
        }
        return hasReached(trial);
    }

    /** What a trial has shown. */
    static boolean hasReached(CompletableFuture<Boolean> trial) {
        return trial.state() == Future.State.SUCCESS && trial.resultNow();
    }
}
