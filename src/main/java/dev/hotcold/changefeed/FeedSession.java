package dev.hotcold.changefeed;

import dev.hotcold.changefeed.PgOutput.Message;
import dev.hotcold.lookup.ChangeSink;
import dev.hotcold.lookup.ChangeSinkException;
import dev.hotcold.lookup.Lsn;
import dev.hotcold.lookup.UserChange;
import dev.hotcold.user.UserId;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * Follows the log for as long as nothing fails: reads committed changes, hands them on in batches, several under way at
 * once, and acknowledges a position only when everything before it is applied. Memory is bounded by the batches under
 * way, however large a transaction is.
 *
 * <p>Confined to: the thread of its feed.
 */
final class FeedSession {

    /** Changes in one batch: few enough that Redis is not held up by one. */
    private static final int MAX_BATCH = 50;

    private static final Duration BETWEEN_FULL_BATCHES = Duration.ofNanos(650_000);
    private static final int MAX_BATCH_CHARS = 1 << 17;
    private static final int MAX_IN_FLIGHT = 2;
    private static final int MESSAGES_PER_TURN = 1000;

    /** The longest that a message may stop half-way. */
    static final Duration LONGEST_SILENCE = Duration.ofSeconds(10);

    /** How often PostgreSQL hears from here, at least. */
    private static final Duration STATUS_INTERVAL = Duration.ofMillis(500);

    /** For how long after the last change the log is asked all the time, and how long it is left alone then. */
    private static final Duration BUSY = Duration.ofMillis(20);

    private static final Duration REST = Duration.ofMillis(10);

    private static final Duration IDLE_CHECK = Duration.ofSeconds(1);

    private static final Duration SINK_PATIENCE = Duration.ofSeconds(5);

    private static final Instant POSTGRES_EPOCH = Instant.parse("2000-01-01T00:00:00Z");

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

    private final PGReplicationStream stream;
    private final UserRows rows;
    private final Connection queries;
    private final Visibility visibility;
    private final ChangeSink sink;
    private final Lsn seenByEverybody;
    private final FeedStatus status;
    private final PgOutput decoder = new PgOutput();
    private final ArrayDeque<Sent> inFlight = new ArrayDeque<>();

    private List<UserChange> batch = new ArrayList<>();
    private int batchChars;
    private boolean batchRefreshes;
    private final ArrayDeque<Unseen> unseen = new ArrayDeque<>();
    private final ArrayDeque<Sent> withheld = new ArrayDeque<>();
    private long sent;
    private boolean inTransaction;
    private boolean refreshes;
    private long committedAt;
    private @Nullable Lsn committed;
    private Lsn acknowledged;
    private @Nullable SQLException broken;
    private long busyAt = System.nanoTime();
    private long lastFullBatchAt = System.nanoTime();
    private long lastStatusAt = System.nanoTime();
    private long lastCheckAt = System.nanoTime();

    /**
     * @param queries to ask who sees a commit by now
     * @param acknowledged where the slot stands
     * @param seenByEverybody end of the log when this session began: changes before it may have been applied already by
     *     another session, together with later ones, so that what is stored is removed instead of replaced
     */
    FeedSession(
            PGReplicationStream stream,
            UserRows rows,
            Connection queries,
            ChangeSink sink,
            Lsn acknowledged,
            Lsn seenByEverybody,
            FeedStatus status) {
        this.stream = stream;
        this.rows = rows;
        this.queries = queries;
        this.visibility = new Visibility(queries);
        this.sink = sink;
        this.acknowledged = acknowledged;
        this.seenByEverybody = seenByEverybody;
        this.status = status;
    }

    /** Removes everything that is stored: what was missed is not known. */
    void clearAll() {
        // First of all: should this end half-way, the next session must know.
        sink.forgetPosition();
        clear(Visibility.HOLD_OFF);
        await(sink.apply(List.of(), false, Duration.ZERO, acknowledged));
    }

    /** With a hold-off once more after it: what was read meanwhile may have missed a change all the same. */
    private void clear(Duration holdOff) {
        sink.clear(this::keepAlive);
        if (!holdOff.isZero()) {
            LockSupport.parkNanos(holdOff.toNanos());
            sink.clear(this::keepAlive);
        }
        status.cleared();
    }

    /**
     * Follows the log.
     *
     * @throws SQLException when PostgreSQL fails
     * @throws ChangeSinkException when the hot store fails or another session has taken over
     */
    void follow(BooleanSupplier goesOn) throws SQLException {
        while (goesOn.getAsBoolean()) {
            if (broken != null) {
                throw broken;
            }
            int messages = 0;
            ByteBuffer message = null;
            long askedAt = System.nanoTime();
            // Waits a millisecond when nothing has come.
            while (messages < MESSAGES_PER_TURN && (message = stream.readPending()) != null) {
                handle(decoder.decode(message));
                messages++;
            }
            if (message == null && messages == 0 && System.nanoTime() - askedAt >= LONGEST_SILENCE.toNanos()) {
                throw new SQLException("a message of the log stopped half-way");
            }
            send();
            settle();
            sendAgainWhatIsSeenNow();
            checkWhileIdle();
            keepAlive();
            restAfter(messages);
            status.lag(isIdle() ? Duration.ZERO : sinceCommit());
        }
    }

    /** A log without changes is asked less often: each time costs system calls. */
    private void restAfter(int messages) {
        long now = System.nanoTime();
        if (messages > 0 || !inFlight.isEmpty()) {
            busyAt = now;
        } else if (now - busyAt > BUSY.toNanos()) {
            LockSupport.parkNanos(REST.toNanos());
        }
    }

    private void handle(Message message) throws SQLException {
        switch (message) {
            case Message.Begin begin -> {
                inTransaction = true;
                refreshes = new Lsn(begin.commitPosition()).compareTo(seenByEverybody) > 0;
                committedAt = begin.committedAt();
                visibility.begin(begin.transaction());
            }
            case Message.Commit commit -> {
                inTransaction = false;
                committed = new Lsn(commit.endPosition());
            }
            default -> {
                if (rows.isTruncation(message)) {
                    send();
                    while (!inFlight.isEmpty()) {
                        settleHead();
                    }
                    visibility.changesUsers();
                    clear(visibility.await(this::keepAlive));
                }
                for (UserChange change : rows.changes(message)) {
                    add(change);
                }
            }
        }
    }

    private void add(UserChange change) throws SQLException {
        if (!batch.isEmpty() && batchRefreshes != refreshes) {
            send();
        }
        batchRefreshes = refreshes;
        visibility.changesUsers();
        batch.add(change);
        if (change instanceof UserChange.Stored stored) {
            batchChars += stored.user().deeplink().length()
                    + stored.user().promoMessage().length();
        }
        if (batch.size() >= MAX_BATCH || batchChars >= MAX_BATCH_CHARS) {
            pace();
            send();
        }
    }

    private void send() throws SQLException {
        if (batch.isEmpty() && committed == null) {
            return;
        }
        while (inFlight.size() >= MAX_IN_FLIGHT) {
            settleHead();
        }
        List<UserChange> changes = batch;
        batch = new ArrayList<>();
        batchChars = 0;
        Duration holdOff = changes.isEmpty() ? Duration.ZERO : visibility.await(this::keepAlive);
        sent++;
        if (!holdOff.isZero()) {
            List<UserId> users = changes.stream().map(UserChange::id).toList();
            unseen.addLast(new Unseen(sent, visibility.takeUnseen(), users));
        }
        inFlight.addLast(
                new Sent(sent, sink.apply(changes, batchRefreshes, holdOff, committed), committed, changes.size()));
        committed = null;
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
            keepAlive();
            unseen.removeFirst();
        }
        Sent done;
        while ((done = withheld.peekFirst()) != null && mayBeAcknowledged(done)) {
            acknowledge(withheld.removeFirst());
        }
    }

    /** What some readers have not seen is not done with: should this session end, the next one gets it again. */
    private boolean mayBeAcknowledged(Sent done) {
        Unseen oldest = unseen.peekFirst();
        return oldest == null || done.number < oldest.number;
    }

    private void acknowledge(Sent done) {
        if (done.position != null) {
            acknowledged = done.position;
            LogSequenceNumber position = LogSequenceNumber.valueOf(done.position.value());
            stream.setAppliedLSN(position);
            stream.setFlushedLSN(position);
        }
    }

    /** Full batches come from large transactions, which may take their time: lookups want the same processors. */
    private void pace() {
        long wait = lastFullBatchAt + BETWEEN_FULL_BATCHES.toNanos() - System.nanoTime();
        if (wait > 0) {
            LockSupport.parkNanos(wait);
        }
        lastFullBatchAt = System.nanoTime();
    }

    private void settle() {
        Sent head;
        while ((head = inFlight.peekFirst()) != null && head.applied.isDone()) {
            settleHead();
        }
    }

    private void settleHead() {
        Sent head = inFlight.removeFirst();
        await(head.applied);
        status.applied(head.changes);
        if (mayBeAcknowledged(head)) {
            acknowledge(head);
        } else {
            withheld.addLast(head);
        }
    }

    /** PostgreSQL hears from here also while the hot store takes its time. */
    private void await(CompletableFuture<?> applied) {
        long giveUpAt = System.nanoTime() + SINK_PATIENCE.toNanos();
        while (true) {
            try {
                applied.get(STATUS_INTERVAL.toMillis(), TimeUnit.MILLISECONDS);
                return;
            } catch (TimeoutException slow) {
                keepAlive();
                if (System.nanoTime() > giveUpAt) {
                    throw new ChangeSinkException("no reply for " + SINK_PATIENCE.toSeconds() + " s");
                }
            } catch (ExecutionException failed) {
                throw failed.getCause() instanceof ChangeSinkException refused
                        ? refused
                        : new ChangeSinkException(String.valueOf(failed.getCause()));
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw new ChangeSinkException("interrupted");
            }
        }
    }

    private boolean isIdle() {
        return !inTransaction && batch.isEmpty() && committed == null && inFlight.isEmpty();
    }

    /**
     * Once a second at least the hot store hears from here too, which shows whether it still is what it was: a session that
     * it does not know any more has lost its store's past. And the log also holds what is no change of a user; PostgreSQL
     * need not keep it.
     */
    private void checkWhileIdle() {
        long now = System.nanoTime();
        if (!isIdle() || now - lastCheckAt < IDLE_CHECK.toNanos()) {
            return;
        }
        lastCheckAt = now;
        Lsn received = new Lsn(stream.getLastReceiveLSN().asLong());
        Lsn position = received.compareTo(acknowledged) > 0 ? received : null;
        inFlight.addLast(new Sent(++sent, sink.apply(List.of(), false, Duration.ZERO, position), position, 0));
    }

    private void keepAlive() {
        if (System.nanoTime() - lastStatusAt >= STATUS_INTERVAL.toNanos()) {
            lastStatusAt = System.nanoTime();
            try {
                stream.forceUpdateStatus();
            } catch (SQLException failure) {
                broken = failure;
            }
        }
    }

    private Duration sinceCommit() {
        Instant commit = POSTGRES_EPOCH.plus(committedAt, ChronoUnit.MICROS);
        Duration since = Duration.between(commit, Instant.now());
        return since.isNegative() ? Duration.ZERO : since;
    }
}
