package dev.hotcold.changefeed;

import dev.hotcold.changefeed.PgOutput.Message;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.freshness.UserChange;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;

/**
 * Follows the log for as long as nothing fails: reads committed changes, and hands them on in batches. Memory is bounded by
 * the batches under way, however large a transaction is.
 *
 * <p>Confined to: the thread of its feed.
 */
final class FeedSession {

    /** Changes in one batch: few enough that Redis is not held up by one. */
    private static final int MAX_BATCH = 50;

    private static final Duration BETWEEN_FULL_BATCHES = Duration.ofNanos(650_000);
    private static final int MAX_BATCH_CHARS = 1 << 17;
    private static final int MESSAGES_PER_TURN = 1000;

    /** The longest that a message may stop half-way. */
    static final Duration LONGEST_SILENCE = Duration.ofSeconds(10);

    /** How often PostgreSQL hears from here, at least. */
    private static final Duration STATUS_INTERVAL = Duration.ofMillis(500);

    /** For how long after the last change the log is asked all the time, and how long it is left alone then. */
    private static final Duration BUSY = Duration.ofMillis(20);

    private static final Duration REST = Duration.ofMillis(10);

    private static final Duration IDLE_CHECK = Duration.ofSeconds(1);

    private static final Instant POSTGRES_EPOCH = Instant.parse("2000-01-01T00:00:00Z");

    private final PGReplicationStream stream;
    private final UserRows rows;
    private final ApplyPipeline pipeline;
    private final Lsn seenByEverybody;
    private final FeedStatus status;
    private final PgOutput decoder = new PgOutput();

    private List<UserChange> batch = new ArrayList<>();
    private int batchChars;
    private boolean batchRefreshes;
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
        this.pipeline = new ApplyPipeline(sink, queries, status, this::acknowledge, this::keepAlive);
        this.acknowledged = acknowledged;
        this.seenByEverybody = seenByEverybody;
        this.status = status;
    }

    /** Removes everything that is stored: what was missed is not known. */
    void beginAnew() {
        pipeline.beginAnew(acknowledged);
    }

    /**
     * Follows the log.
     *
     * @throws SQLException when PostgreSQL fails
     * @throws HotStoreException when the hot store fails or another session has taken over
     * @throws FeedEndedException when the hot store does not reply
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
            pipeline.settle();
            checkWhileIdle();
            keepAlive();
            restAfter(messages);
            status.lag(isIdle() ? Duration.ZERO : sinceCommit());
        }
    }

    /** A log without changes is asked less often: each time costs system calls. */
    private void restAfter(int messages) {
        long now = System.nanoTime();
        if (messages > 0 || !pipeline.isIdle()) {
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
                pipeline.begin(begin.transaction());
            }
            case Message.Commit commit -> {
                inTransaction = false;
                committed = new Lsn(commit.endPosition());
            }
            default -> {
                if (rows.isTruncation(message)) {
                    send();
                    pipeline.truncate();
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
        pipeline.changesUsers();
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
        List<UserChange> changes = batch;
        batch = new ArrayList<>();
        batchChars = 0;
        Lsn position = committed;
        committed = null;
        pipeline.send(changes, batchRefreshes, position);
    }

    private void acknowledge(Lsn done) {
        acknowledged = done;
        LogSequenceNumber position = LogSequenceNumber.valueOf(done.value());
        stream.setAppliedLSN(position);
        stream.setFlushedLSN(position);
    }

    /** Full batches come from large transactions, which may take their time: lookups want the same processors. */
    private void pace() {
        long wait = lastFullBatchAt + BETWEEN_FULL_BATCHES.toNanos() - System.nanoTime();
        if (wait > 0) {
            LockSupport.parkNanos(wait);
        }
        lastFullBatchAt = System.nanoTime();
    }

    private boolean isIdle() {
        return !inTransaction && batch.isEmpty() && committed == null && pipeline.isIdle();
    }

    /**
     * Once a second at least the hot store hears from here too, which shows whether it still is what it was: a session that
     * it does not know any more has lost its store's past. And the log also holds what is no change of a user; PostgreSQL
     * need not keep it.
     */
    private void checkWhileIdle() throws SQLException {
        long now = System.nanoTime();
        if (!isIdle() || now - lastCheckAt < IDLE_CHECK.toNanos()) {
            return;
        }
        lastCheckAt = now;
        Lsn received = new Lsn(stream.getLastReceiveLSN().asLong());
        Lsn position = received.compareTo(acknowledged) > 0 ? received : null;
        pipeline.send(List.of(), false, position);
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
