package dev.hotcold.changefeed.apply;

import dev.hotcold.blocking.BlockingTime;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.freshness.UserChange;
import dev.hotcold.user.UserId;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

// Long: what may be in flight, unseen or withheld at the same time, in one place.
/**
 * Applies batches of changes to the hot store, in order, two in flight at once. Each batch waits until readers see its changes;
 * a position is noted beside what is stored, and acknowledged, when everything before it is applied, and seen.
 *
 * <p>Confined to: the thread of its feed, which it blocks. Fails with {@link HotStoreException} when the hot store refuses a
 * batch, and with {@link SessionEndedException} when it does not reply; the session ends with either.
 */
final class ApplyPipeline {

    private static final int MAX_IN_FLIGHT = 2;

    private static final Duration REPLY_TIMEOUT = Duration.ofSeconds(5);

    /**
     * Within this time of a take-over each event loop knows which log is followed, and leaves a server of another one: it looks twice
     * a second at least, on the connection that its fills take.
     */
    private static final Duration ALL_HAVE_HEARD = Duration.ofSeconds(1);

    /** How often the connection is kept alive while a reply is awaited, at least. */
    private static final Duration KEEP_ALIVE_PERIOD = Duration.ofMillis(100);

    /**
     * A batch that was sent.
     *
     * @param number counts up
     * @param position what may be acknowledged when it is applied; null = nothing yet
     * @param isNoted whether the hot store notes that position with it
     */
    private record Sent(
            long number,
            CompletableFuture<?> applied,
            @Nullable Lsn position,
            boolean isNoted,
            int changes) {}

    /**
     * Users whose changes were applied before readers saw them: a reader may fill the old user after the hold.
     *
     * @param number of the batch
     * @param transactions that readers did not see when that was last looked at
     */
    private record Unseen(long number, Set<Integer> transactions, List<UserId> users) {}

    private final ChangeSink sink;
    private final Snapshots snapshots;
    private final Visibility visibility;
    private final ApplyListener listener;
    private final Consumer<Lsn> onAcknowledge;
    private final Runnable keepAlive;
    private final BlockingTime time;
    private final ArrayDeque<Sent> inFlight = new ArrayDeque<>();
    private final ArrayDeque<Sent> withheld = new ArrayDeque<>();
    private final ArrayDeque<Unseen> unseen = new ArrayDeque<>();
    private long sent;
    private long looks;
    private Lsn lastNoted = new Lsn(0);
    private Lsn certainlyNoted = new Lsn(0);

    /**
     * @param onAcknowledge gets each position that everything before is applied and seen
     * @param keepAlive called again and again while it waits
     */
    ApplyPipeline(
            ChangeSink sink,
            Snapshots snapshots,
            ApplyListener listener,
            Consumer<Lsn> onAcknowledge,
            Runnable keepAlive,
            BlockingTime time) {
        this.sink = sink;
        this.snapshots = snapshots;
        this.visibility = new Visibility(snapshots, time);
        this.listener = listener;
        this.onAcknowledge = onAcknowledge;
        this.keepAlive = keepAlive;
        this.time = time;
    }

    /** A transaction begins in the log. */
    void begin(int transaction) {
        visibility.begin(transaction);
    }

    /** Waits until readers see what was changed, or have not for too long. */
    void awaitSeen() throws SQLException {
        var _ = visibility.await(keepAlive);
    }

    /** The current transaction changes users, or their table. */
    void changesUsers() {
        visibility.changesUsers();
    }

    /** Whether no batch is in flight. */
    boolean isIdle() {
        return inFlight.isEmpty();
    }

    /** The number of the last batch that was sent. */
    long lastSent() {
        return sent;
    }

    /** How often it has been looked whether readers see by now what was applied before they did. */
    long looks() {
        return looks;
    }

    /**
     * Whether all batches up to this number are applied, and nothing is stored any more that lacks a change of theirs which readers
     * saw at a moment before the next look. A commit that nobody sees yet, as it waits for a standby, is not waited for.
     *
     * @param looksBefore {@link #looks} at that moment
     */
    boolean isDoneUpTo(long number, long looksBefore) {
        Sent oldest = inFlight.peekFirst();
        return (oldest == null || oldest.number > number) && (unseen.isEmpty() || looks > looksBefore);
    }

    /**
     * Sends a batch, once there is room for it and readers see its changes.
     *
     * @param changes may be none
     * @param position up to where all changes are applied with it; null = unchanged
     */
    void send(List<UserChange> changes, boolean refresh, @Nullable Lsn position) throws SQLException {
        while (inFlight.size() >= MAX_IN_FLIGHT) {
            completeOldest();
        }
        Duration holdOff = changes.isEmpty() ? Duration.ZERO : visibility.await(keepAlive);
        sent++;
        if (!holdOff.isZero()) {
            List<UserId> users = changes.stream().map(UserChange::id).toList();
            unseen.addLast(new Unseen(sent, new HashSet<>(visibility.takeUnseen()), users));
        }
        // A replica that is promoted may have the position and lack what is removed once it is seen.
        Lsn noted = unseen.isEmpty() ? position : null;
        lastNoted = noted == null ? lastNoted : noted;
        inFlight.addLast(
                new Sent(sent, sink.apply(changes, refresh, holdOff, noted), position, noted != null, changes.size()));
    }

    /** Completes the batches whose replies are here, and removes users whose changes were applied unseen and are seen now. */
    void settle() throws SQLException {
        Sent oldest;
        while ((oldest = inFlight.peekFirst()) != null && oldest.applied.isDone()) {
            completeOldest();
        }
        removeWhatIsSeenNow();
    }

    /**
     * Any row may have changed: completes what is in flight, and flushes the cache.
     *
     * @param why for an operator
     */
    void flushAll(String why) throws SQLException {
        while (!inFlight.isEmpty()) {
            completeOldest();
        }
        visibility.changesUsers();
        flush(visibility.await(keepAlive), why);
    }

    /**
     * Flushes the cache, which may have missed changes.
     *
     * @param position from where on changes are known
     * @param why for an operator
     */
    void resynchronise(Lsn position, String why) {
        // First of all: should this end half-way, the next session must flush as well.
        var _ = sink.clearPosition();
        flush(Visibility.HOLD_OFF, why);
        await(sink.apply(List.of(), false, Duration.ZERO, position));
    }

    /**
     * Removes users whose changes the hot store has lost.
     *
     * @param position from where on changes are known
     */
    void applyAgain(Collection<UserId> users, Lsn position) {
        List<UserChange> outdated = UserChange.outdated(users);
        for (int i = 0; i < outdated.size(); i += FeedSession.MAX_BATCH) {
            List<UserChange> batch = outdated.subList(i, Math.min(outdated.size(), i + FeedSession.MAX_BATCH));
            await(sink.apply(batch, false, Duration.ZERO, null));
            keepAlive.run();
        }
        await(sink.apply(List.of(), false, Duration.ZERO, position));
    }

    /** Rejects fills of what was read before, and once more when no lookup reads from a former primary any more. */
    void endLeases() {
        sink.endLeases(keepAlive);
        long until = time.nanos() + ALL_HAVE_HEARD.toNanos();
        while (time.nanos() - until < 0) {
            time.pause(KEEP_ALIVE_PERIOD);
            keepAlive.run();
        }
        sink.endLeases(keepAlive);
    }

    /**
     * Flushes the cache, which has missed changes, and leaves it so: it may go on to miss them.
     *
     * @param why for an operator
     */
    void flushUnfollowed(String why) {
        var _ = sink.clearPosition();
        flush(Duration.ZERO, why);
    }

    /** Flushes once more after the hold-off: what was read meanwhile may have missed a change all the same. */
    private void flush(Duration holdOff, String why) {
        long users = sink.flush(keepAlive);
        if (!holdOff.isZero()) {
            time.pause(holdOff);
            users += sink.flush(keepAlive);
        }
        listener.flushed(users, why);
    }

    /** Each batch whenever another of its transactions is seen: some may stay unseen for as long as a standby is away. */
    private void removeWhatIsSeenNow() throws SQLException {
        if (unseen.isEmpty()) {
            return;
        }
        Snapshot snapshot = snapshots.take();
        for (Unseen batch : unseen) {
            if (batch.transactions.removeIf(snapshot::sees)) {
                await(sink.apply(UserChange.outdated(batch.users), false, Duration.ZERO, null));
                keepAlive.run();
            }
        }
        unseen.removeIf(batch -> batch.transactions.isEmpty());
        looks++;
        noteLastOf(withheld);
        Sent applied;
        while ((applied = withheld.peekFirst()) != null && isAllSeenUpTo(applied)) {
            acknowledge(withheld.removeFirst());
        }
    }

    private void completeOldest() {
        Sent oldest = inFlight.removeFirst();
        await(oldest.applied);
        listener.applied(oldest.changes);
        if (oldest.isNoted && oldest.position != null) {
            certainlyNoted = oldest.position;
        }
        if (isAllSeenUpTo(oldest)) {
            acknowledge(oldest);
        } else {
            withheld.addLast(oldest);
        }
    }

    /** Otherwise nothing may be acknowledged: should this session end, the next one must get the unseen changes again. */
    private boolean isAllSeenUpTo(Sent applied) {
        Unseen oldest = unseen.peekFirst();
        return oldest == null || applied.number < oldest.number;
    }

    private void acknowledge(Sent applied) {
        if (applied.position == null) {
            return;
        }
        note(applied.position);
        // Otherwise a later one is being noted, and is acknowledged then.
        if (applied.position.compareTo(certainlyNoted) <= 0) {
            onAcknowledge.accept(applied.position);
        }
    }

    /** At once for all that need not be withheld any more: while a standby is away there may be one for each second. */
    private void noteLastOf(Iterable<Sent> applied) {
        Lsn last = lastNoted;
        for (Sent batch : applied) {
            if (!isAllSeenUpTo(batch)) {
                break;
            }
            last = batch.position == null ? last : batch.position;
        }
        note(last);
    }

    private void note(Lsn position) {
        if (position.compareTo(lastNoted) > 0) {
            lastNoted = position;
            await(sink.apply(List.of(), false, Duration.ZERO, position));
            certainlyNoted = position;
        }
    }

    private void await(CompletableFuture<?> applied) {
        long timesOutAt = time.nanos() + REPLY_TIMEOUT.toNanos();
        try {
            while (!time.await(applied, KEEP_ALIVE_PERIOD)) {
                keepAlive.run();
                if (time.nanos() - timesOutAt > 0) {
                    throw new SessionEndedException(
                            "no reply of the hot store for " + REPLY_TIMEOUT.toSeconds() + " s");
                }
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new SessionEndedException("interrupted");
        }
        check(applied);
    }

    /** Fails as a command has that is complete. */
    static void check(CompletableFuture<?> complete) {
        if (complete.state() != Future.State.SUCCESS) {
            throw failure(complete);
        }
    }

    private static RuntimeException failure(CompletableFuture<?> applied) {
        if (applied.state() == Future.State.FAILED && applied.exceptionNow() instanceof HotStoreException refused) {
            return refused;
        }
        return new SessionEndedException(String.valueOf(
                applied.state() == Future.State.FAILED
                        ? applied.exceptionNow()
                        : "the hot store's reply is cancelled"));
    }
}
