package dev.hotcold.changefeed;

import dev.hotcold.changefeed.apply.ApplyListener;
import dev.hotcold.freshness.FeedState;
import dev.hotcold.freshness.FollowedLog;
import dev.hotcold.loop.StoreHealth;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.Marker;
import org.slf4j.MarkerFactory;

/** The state of the change feed on this instance, and its counters. Written by the feed's threads, read by any. */
public final class FeedStatus implements FeedState {

    private static final Logger LOG = LoggerFactory.getLogger(FeedStatus.class);

    /** So that the log's last line of the feed tells its last state, however often that changes. */
    private static final Marker SUBJECT = MarkerFactory.getDetachedMarker("change feed");

    private static final double CATCHING_UP_BYTES = 1_000_000;

    /** What this instance does for the feed. */
    public enum Role {
        /** Nothing: the feed is off, or PostgreSQL does not allow it, or is not reachable. */
        NONE,
        /** Another instance owns the slot; this one takes over when that ends. */
        STANDBY,
        /** This instance owns the slot and applies the changes. */
        OWNER
    }

    private final LongAdder changes = new LongAdder();
    private final LongAdder flushes = new LongAdder();
    private final LongAdder sessions = new LongAdder();
    private final CountDownLatch firstOutcome = new CountDownLatch(1);
    private volatile Role role = Role.NONE;
    private final boolean wanted;
    private volatile boolean expected;
    private volatile String reason = "";
    private volatile Optional<String> limit = Optional.empty();
    private volatile Runnable whenOwnerLeaves = () -> {};
    private volatile Runnable whenOwnerIsToLeave = () -> {};
    private volatile Consumer<FollowedLog> heard = log -> {};
    private volatile Predicate<FollowedLog> past = log -> false;
    private volatile double lagSeconds;
    private final LongSupplier nanos;

    /** When no change was missing in Redis, as far as this instance knows. */
    private volatile long completeAt;

    private volatile double lagBytes = Double.NaN;

    /** @param wanted whether changes are to be followed, as far as the settings say */
    public FeedStatus(boolean wanted) {
        this(wanted, System::nanoTime);
    }

    /** @param nanos a monotonic clock */
    FeedStatus(boolean wanted, LongSupplier nanos) {
        this.wanted = wanted;
        this.expected = wanted;
        this.nanos = nanos;
        this.completeAt = nanos.getAsLong();
    }

    /** What this instance does. */
    public Role role() {
        return role;
    }

    /** Whether changes are to be followed, as far as the settings say. */
    public boolean isWanted() {
        return wanted;
    }

    @Override
    public boolean isExpected() {
        return expected;
    }

    @Override
    public boolean heardOf(FollowedLog log) {
        heard.accept(log);
        return past.test(log);
    }

    @Override
    public boolean isOfThePast(FollowedLog log) {
        return past.test(log);
    }

    /**
     * Who knows which servers there are; called on any thread.
     *
     * @param followed gets to know which log is followed, by whichever instance
     * @param isOfThePast whether a log is
     */
    public void judgeLogsBy(Consumer<FollowedLog> followed, Predicate<FollowedLog> isOfThePast) {
        heard = followed;
        past = isOfThePast;
    }

    @Override
    public void ownerLeft() {
        whenOwnerLeaves.run();
    }

    @Override
    public void ownerLeaves() {
        whenOwnerIsToLeave.run();
    }

    /** Who gets to know that the owner of the slot is to end; on any thread. */
    void onOwnerLeaves(Runnable heard) {
        whenOwnerIsToLeave = heard;
    }

    /** Who gets to know that the owner of the slot ends; on any thread. */
    void onOwnerLeft(Runnable heard) {
        whenOwnerLeaves = heard;
    }

    @Override
    public boolean isRunning() {
        return role != Role.NONE;
    }

    /** Whether another instance follows changes at this moment. */
    public boolean isStandby() {
        return role == Role.STANDBY;
    }

    /** Whether there is more to apply than what comes in at this moment. */
    public boolean isCatchingUp() {
        return isRunning() && lagBytes > CATCHING_UP_BYTES;
    }

    /** Why changes may be missed although they are followed; empty = not that anything is known. */
    public Optional<String> limit() {
        return isRunning() ? limit : Optional.empty();
    }

    /** Why the feed is degraded; empty when it is not. */
    public Optional<String> reason() {
        String current = reason;
        return current.isEmpty() ? Optional.empty() : Optional.of(current);
    }

    /**
     * How long ago the oldest commit was made that is not applied yet, in seconds, and while changes are not followed, when all were
     * applied; 0 = all are, NaN = another instance follows changes, or none is to.
     */
    public double lagSeconds() {
        return switch (role) {
            case OWNER -> lagSeconds;
            case STANDBY -> Double.NaN;
            case NONE -> wanted ? (nanos.getAsLong() - completeAt) / 1e9 : Double.NaN;
        };
    }

    /** How far PostgreSQL's log goes on behind what was acknowledged; NaN = not known. */
    public double lagBytes() {
        return lagBytes;
    }

    /** How many changes this instance has applied. */
    public long changes() {
        return changes.sum();
    }

    /** How often this instance has flushed the cache. */
    public long flushes() {
        return flushes.sum();
    }

    /** How often this instance has become the owner. */
    public long sessions() {
        return sessions.sum();
    }

    /**
     * This instance owns the slot.
     *
     * @param known why changes may be missed all the same; empty = not that anything is known
     */
    void becomeOwner(Optional<String> known) {
        limit = known;
        sessions.increment();
        lagSeconds = (nanos.getAsLong() - completeAt) / 1e9;
        recovered(Role.OWNER);
    }

    /** Another instance owns the slot. */
    void standBy() {
        completeAt = nanos.getAsLong();
        recovered(Role.STANDBY);
    }

    /**
     * Changes are not followed.
     *
     * @param why a sentence for an operator, without secrets; shortened where it is very long
     */
    void degraded(String why) {
        stop();
        String kept = StoreHealth.shortened(why);
        if (!kept.equals(reason)) {
            LOG.warn(SUBJECT, "Change feed: {}", kept);
        }
        reason = kept;
        firstOutcome.countDown();
    }

    /**
     * The feed waits before changes are followed; nothing, while they are.
     *
     * @param what a sentence for an operator, without secrets
     */
    void waiting(String what) {
        if (!isRunning()) {
            degraded(what);
        }
    }

    /** The feed has ended, as it should. */
    void stop() {
        enter(Role.NONE);
    }

    void lagBytes(double bytes) {
        lagBytes = bytes;
    }

    /** Waits until it is known whether changes are followed, at most so long. */
    void awaitFirstOutcome(Duration most) {
        try {
            var _ = firstOutcome.await(most.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Counts what a session does. */
    ApplyListener listener() {
        return new ApplyListener() {
            @Override
            public void applied(int count) {
                changes.add(count);
            }

            @Override
            public void flushed(long users, String why) {
                flushes.increment();
                if (users > 0) {
                    LOG.warn("Change feed: {} users were removed from Redis, all that were cached: {}", users, why);
                }
            }

            @Override
            public void lag(Duration lag) {
                completeAt = nanos.getAsLong() - lag.toNanos();
                lagSeconds = lag.toMillis() / 1000.0;
            }
        };
    }

    /** What the feed needs is missing: nobody can follow changes, until it is there. */
    void notExpected() {
        expected = false;
    }

    private void recovered(Role next) {
        expected = true;
        enter(next);
        reason = "";
        firstOutcome.countDown();
    }

    private void enter(Role next) {
        if (next != role) {
            LOG.info(
                    SUBJECT,
                    "Change feed: {}",
                    switch (next) {
                        case NONE -> "changes are not followed";
                        case STANDBY -> "standby; another instance is the owner";
                        case OWNER -> "this instance is the owner";
                    });
        }
        role = next;
    }
}
