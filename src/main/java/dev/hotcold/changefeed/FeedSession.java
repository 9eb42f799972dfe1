package dev.hotcold.changefeed;

import dev.hotcold.changefeed.PgOutput.Message;
import dev.hotcold.lookup.ChangeSink;
import dev.hotcold.lookup.ChangeSinkException;
import dev.hotcold.lookup.Lsn;
import dev.hotcold.lookup.UserChange;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
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
    private static final int MAX_BATCH = 100;

    private static final int MAX_BATCH_CHARS = 1 << 17;
    private static final int MAX_IN_FLIGHT = 8;
    private static final int MESSAGES_PER_TURN = 1000;

    /** How often PostgreSQL hears from here, at least. */
    static final Duration STATUS_INTERVAL = Duration.ofMillis(500);

    /** How often a position is acknowledged behind which there were no changes of users. */
    private static final Duration IDLE_ADVANCE = Duration.ofSeconds(1);

    private static final Duration SINK_PATIENCE = Duration.ofSeconds(5);

    private static final Instant POSTGRES_EPOCH = Instant.parse("2000-01-01T00:00:00Z");

    /**
     * A batch under way.
     *
     * @param position what may be acknowledged when it is applied; null = nothing yet
     */
    private record Sent(
            CompletableFuture<?> applied, @Nullable Lsn position, int changes) {}

    private final PGReplicationStream stream;
    private final ChangeSink sink;
    private final Lsn seenByEverybody;
    private final FeedStatus status;
    private final PgOutput decoder = new PgOutput();
    private final ArrayDeque<Sent> inFlight = new ArrayDeque<>();

    private List<UserChange> batch = new ArrayList<>();
    private int batchChars;
    private boolean batchRefreshes;
    private boolean inTransaction;
    private boolean refreshes;
    private long committedAt;
    private @Nullable Lsn committed;
    private Lsn acknowledged;
    private @Nullable SQLException broken;
    private long lastStatusAt = System.nanoTime();
    private long lastAdvanceAt = System.nanoTime();

    /**
     * @param acknowledged where the slot stands
     * @param seenByEverybody end of the log when this session began: changes before it may have been applied already by
     *     another session, together with later ones, so that what is stored is removed instead of replaced
     */
    FeedSession(PGReplicationStream stream, ChangeSink sink, Lsn acknowledged, Lsn seenByEverybody, FeedStatus status) {
        this.stream = stream;
        this.sink = sink;
        this.acknowledged = acknowledged;
        this.seenByEverybody = seenByEverybody;
        this.status = status;
    }

    /** Removes everything that is stored: what was missed is not known. */
    void clearAll() {
        clear();
        await(sink.apply(List.of(), false, acknowledged));
    }

    /** Once now, so that what is gone shows soon, and once more after the hold-off. */
    private void clear() {
        sink.clear(this::keepAlive);
        LockSupport.parkNanos(sink.holdOff().toNanos());
        sink.clear(this::keepAlive);
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
            // Waits a millisecond when nothing has come.
            while (messages < MESSAGES_PER_TURN && (message = stream.readPending()) != null) {
                handle(decoder.decode(message));
                messages++;
            }
            if (message == null) {
                send();
            }
            settle();
            advanceWhileIdle();
            keepAlive();
            status.lag(isIdle() ? Duration.ZERO : sinceCommit());
        }
    }

    private void handle(Message message) {
        switch (message) {
            case Message.Begin begin -> {
                inTransaction = true;
                refreshes = new Lsn(begin.commitPosition()).compareTo(seenByEverybody) > 0;
                committedAt = begin.committedAt();
            }
            case Message.Commit commit -> {
                inTransaction = false;
                committed = new Lsn(commit.endPosition());
            }
            default -> {
                if (UserRows.isTruncation(message)) {
                    send();
                    while (!inFlight.isEmpty()) {
                        settleHead();
                    }
                    clear();
                }
                for (UserChange change : UserRows.changes(message)) {
                    add(change);
                }
            }
        }
    }

    private void add(UserChange change) {
        if (!batch.isEmpty() && batchRefreshes != refreshes) {
            send();
        }
        batchRefreshes = refreshes;
        batch.add(change);
        if (change instanceof UserChange.Stored stored) {
            batchChars += stored.user().deeplink().length()
                    + stored.user().promoMessage().length();
        }
        if (batch.size() >= MAX_BATCH || batchChars >= MAX_BATCH_CHARS) {
            send();
        }
    }

    private void send() {
        if (batch.isEmpty() && committed == null) {
            return;
        }
        while (inFlight.size() >= MAX_IN_FLIGHT) {
            settleHead();
        }
        List<UserChange> changes = batch;
        batch = new ArrayList<>();
        batchChars = 0;
        inFlight.addLast(new Sent(sink.apply(changes, batchRefreshes, committed), committed, changes.size()));
        committed = null;
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
        if (head.position != null) {
            acknowledged = head.position;
            LogSequenceNumber position = LogSequenceNumber.valueOf(head.position.value());
            stream.setAppliedLSN(position);
            stream.setFlushedLSN(position);
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

    /** The log also holds what is no change of a user; PostgreSQL need not keep it. */
    private void advanceWhileIdle() {
        Lsn received = new Lsn(stream.getLastReceiveLSN().asLong());
        long now = System.nanoTime();
        if (isIdle() && received.compareTo(acknowledged) > 0 && now - lastAdvanceAt >= IDLE_ADVANCE.toNanos()) {
            lastAdvanceAt = now;
            committed = received;
            send();
        }
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
