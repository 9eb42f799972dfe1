package dev.hotcold.changefeed;

import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.freshness.UserChange;
import dev.hotcold.user.UserId;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Batches of changes on their way into the hot store, a few under way at once. Each waits until readers see its changes; a
 * position is acknowledged when everything before it is applied, and seen.
 *
 * <p>Confined to: the thread of its feed, which it blocks.
 */
final class ApplyPipeline {

    private static final int MAX_IN_FLIGHT = 2;

    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /** How often whoever waits is called meanwhile, at least. */
    private static final Duration MEANWHILE = Duration.ofMillis(100);

    /**
     * A batch under way.
     *
     * @param number counts up
     * @param position what may be acknowledged when it is applied; null = nothing yet
     */
    private record Sent(
            long number,
            CompletableFuture<?> applied,
            @Nullable Lsn position,
            int changes) {}

    /**
     * Users whose change was applied before readers saw it: one of them may fill the old user after the hold.
     *
     * @param number of the batch
     */
    private record Unseen(long number, Set<Integer> transactions, List<UserId> users) {}

    private final ChangeSink sink;
    private final Connection queries;
    private final Visibility visibility;
    private final FeedStatus status;
    private final Consumer<Lsn> onAcknowledge;
    private final Runnable meanwhile;
    private final ArrayDeque<Sent> inFlight = new ArrayDeque<>();
    private final ArrayDeque<Sent> withheld = new ArrayDeque<>();
    private final ArrayDeque<Unseen> unseen = new ArrayDeque<>();
    private long sent;

    /**
     * @param queries to ask who sees a commit by now
     * @param onAcknowledge hears up to where everything is done with
     * @param meanwhile called again and again while it waits
     */
    ApplyPipeline(
            ChangeSink sink, Connection queries, FeedStatus status, Consumer<Lsn> onAcknowledge, Runnable meanwhile) {
        this.sink = sink;
        this.queries = queries;
        this.visibility = new Visibility(queries);
        this.status = status;
        this.onAcknowledge = onAcknowledge;
        this.meanwhile = meanwhile;
    }

    /** A transaction begins in the log. */
    void begin(int transaction) {
        visibility.begin(transaction);
    }

    /** The present transaction changes users. */
    void changesUsers() {
        visibility.changesUsers();
    }

    boolean isIdle() {
        return inFlight.isEmpty();
    }

    /**
     * Sends a batch, once there is room for it and readers see its changes.
     *
     * @param changes may be none
     * @param position up to where all changes are applied with it; null = that does not change
     */
    void send(List<UserChange> changes, boolean refresh, @Nullable Lsn position) throws SQLException {
        while (inFlight.size() >= MAX_IN_FLIGHT) {
            settleHead();
        }
        Duration holdOff = changes.isEmpty() ? Duration.ZERO : visibility.await(meanwhile);
        sent++;
        if (!holdOff.isZero()) {
            List<UserId> users = changes.stream().map(UserChange::id).toList();
            unseen.addLast(new Unseen(sent, visibility.takeUnseen(), users));
        }
        inFlight.addLast(new Sent(sent, sink.apply(changes, refresh, holdOff, position), position, changes.size()));
    }

    /** Settles what has ended, and sees to what was applied before readers saw it. */
    void settle() throws SQLException {
        Sent head;
        while ((head = inFlight.peekFirst()) != null && head.applied.isDone()) {
            settleHead();
        }
        sendAgainWhatIsSeenNow();
    }

    /** All users are gone in the database. */
    void truncate() throws SQLException {
        while (!inFlight.isEmpty()) {
            settleHead();
        }
        visibility.changesUsers();
        clear(visibility.await(meanwhile));
    }

    /**
     * Removes everything that is stored: what was missed is not known.
     *
     * @param position from where on changes are known
     */
    void beginAnew(Lsn position) {
        // First of all: should this end half-way, the next session must know.
        sink.forgetPosition();
        clear(Visibility.HOLD_OFF);
        await(sink.apply(List.of(), false, Duration.ZERO, position));
    }

    /** With a hold-off once more after it: what was read meanwhile may have missed a change all the same. */
    private void clear(Duration holdOff) {
        sink.clear(meanwhile);
        if (!holdOff.isZero()) {
            LockSupport.parkNanos(holdOff.toNanos());
            sink.clear(meanwhile);
        }
        status.cleared();
    }

    /** Oldest first, each once its own transactions are seen. */
    private void sendAgainWhatIsSeenNow() throws SQLException {
        if (unseen.isEmpty()) {
            return;
        }
        Snapshot snapshot = Snapshot.take(queries);
        Unseen oldest;
        while ((oldest = unseen.peekFirst()) != null
                && oldest.transactions.stream().allMatch(snapshot::sees)) {
            List<UserChange> outdated = oldest.users.stream()
                    .<UserChange>map(UserChange.Outdated::new)
                    .toList();
            await(sink.apply(outdated, false, Duration.ZERO, null));
            meanwhile.run();
            unseen.removeFirst();
        }
        Sent done;
        while ((done = withheld.peekFirst()) != null && isDoneWith(done)) {
            acknowledge(withheld.removeFirst());
        }
    }

    private void settleHead() {
        Sent head = inFlight.removeFirst();
        await(head.applied);
        status.applied(head.changes);
        if (isDoneWith(head)) {
            acknowledge(head);
        } else {
            withheld.addLast(head);
        }
    }

    /** What some readers have not seen is not done with: should this session end, the next one gets it again. */
    private boolean isDoneWith(Sent applied) {
        Unseen oldest = unseen.peekFirst();
        return oldest == null || applied.number < oldest.number;
    }

    private void acknowledge(Sent done) {
        if (done.position != null) {
            onAcknowledge.accept(done.position);
        }
    }

    private void await(CompletableFuture<?> applied) {
        long giveUpAt = System.nanoTime() + PATIENCE.toNanos();
        while (true) {
            try {
                applied.get(MEANWHILE.toMillis(), TimeUnit.MILLISECONDS);
                return;
            } catch (TimeoutException slow) {
                meanwhile.run();
                if (System.nanoTime() > giveUpAt) {
                    throw new FeedEndedException("no reply of the hot store for " + PATIENCE.toSeconds() + " s");
                }
            } catch (ExecutionException failed) {
                throw failed.getCause() instanceof HotStoreException refused
                        ? refused
                        : new FeedEndedException(String.valueOf(failed.getCause()));
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new FeedEndedException("interrupted");
            }
        }
    }
}
