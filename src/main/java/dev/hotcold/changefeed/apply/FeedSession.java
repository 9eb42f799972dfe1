package dev.hotcold.changefeed.apply;

import dev.hotcold.blocking.BlockingTime;
import dev.hotcold.changefeed.pgoutput.PgOutput;
import dev.hotcold.changefeed.pgoutput.PgOutput.Message;
import dev.hotcold.changefeed.pgoutput.UserRows;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.freshness.Lsn;
import dev.hotcold.freshness.UserChange;
import dev.hotcold.user.UserId;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Follows the log for as long as nothing fails: reads committed changes, and applies them in batches. Memory is bounded by
 * the batches in flight, however large a transaction is.
 *
 * <p>Confined to: the thread of its feed.
 */
public final class FeedSession {

    /** Changes in one batch: few enough that Redis is not blocked by one. */
    static final int MAX_BATCH = 50;

    private static final Duration BETWEEN_FULL_BATCHES = Duration.ofNanos(650_000);
    private static final int MAX_BATCH_CHARS = 1 << 17;
    private static final int MESSAGES_PER_TURN = 1000;

    /** How often PostgreSQL gets a status, at least. */
    private static final Duration STATUS_INTERVAL = Duration.ofMillis(500);

    /** For how long after the last change the log is polled all the time, and the pause between polls after that. */
    private static final Duration BUSY = Duration.ofMillis(20);

    private static final Duration IDLE_PAUSE = Duration.ofMillis(10);

    private static final Duration IDLE_CHECK = Duration.ofSeconds(1);

    private static final Instant POSTGRES_EPOCH = Instant.parse("2000-01-01T00:00:00Z");

    private final ChangeLog log;
    private final UserRows rows;
    private final ApplyPipeline pipeline;
    private final Beats beats;
    private final Lsn endOfLogAtStart;
    private final ApplyListener listener;
    private final ChangeSink sink;
    private final BlockingTime time;
    private final PgOutput decoder = new PgOutput();

    private List<UserChange> batch = new ArrayList<>();
    private int batchChars;
    private boolean batchRefreshes;
    private boolean inTransaction;

    /** The log has described a table since the last batch. */
    private boolean described;

    /** The number of the last check of the table that was asked for; 0 = none was. */
    private int asked;

    /** Rows were changed without a word of whose they were, since the last batch: all users may be meant. */
    private boolean unnamed;

    private boolean refreshes;
    private long committedAt;
    private @Nullable Lsn committed;
    private Lsn acknowledged;
    private @Nullable SQLException broken;
    private long busyAt;
    private long lastFullBatchAt;
    private long lastStatusAt;
    private long lastCheckAt;

    /** A session that has not begun to read. */
    public FeedSession(
            ChangeLog log,
            UserRows rows,
            Snapshots snapshots,
            ChangeSink sink,
            StartPosition start,
            ApplyListener listener,
            BlockingTime time) {
        this.log = log;
        this.rows = rows;
        this.pipeline = new ApplyPipeline(sink, snapshots, listener, this::acknowledge, this::keepAlive, time);
        this.beats = new Beats(log, snapshots, pipeline, sink, time);
        this.acknowledged = start.acknowledged();
        this.endOfLogAtStart = start.endOfLog();
        this.listener = listener;
        this.sink = sink;
        this.time = time;
        busyAt = lastFullBatchAt = lastStatusAt = lastCheckAt = time.nanos();
    }

    /** Flushes the cache, which may have missed changes; an operator is told why. */
    public void resynchronise(String why) {
        pipeline.resynchronise(acknowledged, why);
    }

    /** Removes users whose changes the hot store has lost. */
    public void applyAgain(Collection<UserId> users) {
        pipeline.applyAgain(users, acknowledged);
    }

    /** Rejects fills of what was read before, from whichever server. */
    public void endLeases() {
        pipeline.endLeases();
    }

    /** Flushes the cache, which has missed changes and may go on to miss them; an operator is told why. */
    public void flushUnfollowed(String why) {
        pipeline.flushUnfollowed(why);
    }

    /**
     * Follows the log.
     *
     * @param goesOn called again and again; may end the session by an exception
     * @param check of the table, whenever the log describes one. Until it is settled, changed users are removed and not replaced, and
     *     nothing is proven: of another table, the log's rows say nothing about the users
     * @param mayBeat whether it is known by now that the log has all changes; before, nothing is proven by it
     * @throws SQLException when PostgreSQL fails
     * @throws HotStoreException when the hot store fails or another session has taken over
     * @throws SessionEndedException when the hot store does not reply
     */
    public void follow(BooleanSupplier goesOn, TableCheck check, BooleanSupplier mayBeat) throws SQLException {
        while (goesOn.getAsBoolean()) {
            if (broken != null) {
                throw broken;
            }
            int messages = 0;
            ByteBuffer message = null;
            long polledAt = time.nanos();
            while (messages < MESSAGES_PER_TURN && (message = log.poll()) != null) {
                handle(decoder.decode(message), check);
                messages++;
            }
            if (message == null && messages == 0 && time.nanos() - polledAt >= ChangeLog.LONGEST_STALL.toNanos()) {
                throw new SQLException("a message of the log stopped half-way");
            }
            send(check);
            pipeline.settle();
            checkWhileIdle();
            if (mayBeat.getAsBoolean()) {
                beats.step(check, asked);
            }
            keepAlive();
            pauseAfter(messages);
            listener.lag(isIdle() ? Duration.ZERO : sinceCommit());
        }
    }

    /** A log without changes is polled less often: each poll costs system calls. */
    private void pauseAfter(int messages) {
        long now = time.nanos();
        if (messages > 0 || !pipeline.isIdle()) {
            busyAt = now;
        } else if (now - busyAt > BUSY.toNanos()) {
            time.pause(IDLE_PAUSE);
        }
    }

    private void handle(Message message, TableCheck check) throws SQLException {
        switch (message) {
            case Message.Begin begin -> {
                inTransaction = true;
                refreshes = new Lsn(begin.commitPosition()).compareTo(endOfLogAtStart) > 0;
                committedAt = begin.committedAt();
                pipeline.begin(begin.transaction());
            }
            case Message.Commit commit -> {
                inTransaction = false;
                committed = new Lsn(commit.endPosition());
            }
            case Message.Described _ -> {
                described = true;
                pipeline.changesUsers();
            }
            default -> {
                if (rows.isTruncation(message)) {
                    send(check);
                    pipeline.flushAll("PostgreSQL's log has a TRUNCATE of the table");
                }
                unnamed |= rows.isUnnamed(message);
                for (UserChange change : rows.changes(message)) {
                    add(change, check);
                }
            }
        }
    }

    private void add(UserChange change, TableCheck check) throws SQLException {
        if (!batch.isEmpty() && batchRefreshes != refreshes) {
            send(check);
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
            send(check);
        }
    }

    private void send(TableCheck check) throws SQLException {
        if (batch.isEmpty() && committed == null && !unnamed) {
            return;
        }
        if (described) {
            described = false;
            pipeline.awaitSeen();
            asked = check.ask();
        }
        if (unnamed) {
            unnamed = false;
            pipeline.flushAll("PostgreSQL's log has changes of rows that it does not name");
        }
        List<UserChange> changes = check.isSettled(asked)
                ? batch
                : UserChange.outdated(batch.stream().map(UserChange::id).toList());
        batch = new ArrayList<>();
        batchChars = 0;
        Lsn position = committed;
        committed = null;
        pipeline.send(changes, batchRefreshes, position);
    }

    private void acknowledge(Lsn position) {
        acknowledged = position;
        log.acknowledge(position);
    }

    /** Full batches come from large transactions, which can wait: lookups need the same processors. */
    private void pace() {
        long wait = lastFullBatchAt + BETWEEN_FULL_BATCHES.toNanos() - time.nanos();
        if (wait > 0) {
            time.pause(Duration.ofNanos(wait));
        }
        lastFullBatchAt = time.nanos();
    }

    private boolean isIdle() {
        return !inTransaction && batch.isEmpty() && committed == null && pipeline.isIdle();
    }

    /**
     * An empty batch, once a second: a hot store that no longer knows this session has lost its data, and refuses it. And the
     * log also holds what is no change of a user, which PostgreSQL need not keep.
     */
    private void checkWhileIdle() throws SQLException {
        long now = time.nanos();
        if (!isIdle() || now - lastCheckAt < IDLE_CHECK.toNanos()) {
            return;
        }
        lastCheckAt = now;
        Lsn received = log.received();
        pipeline.send(List.of(), false, received.compareTo(acknowledged) > 0 ? received : null);
    }

    /** Fails when PostgreSQL does not take what it is told any more. To be called while the session has not begun to read. */
    public void checkAlive() throws SQLException {
        keepAlive();
        if (broken != null) {
            throw broken;
        }
    }

    /** Tells PostgreSQL, and whoever looks at the hot store, now and then that this session lives. */
    public void keepAlive() {
        if (time.nanos() - lastStatusAt >= STATUS_INTERVAL.toNanos()) {
            lastStatusAt = time.nanos();
            sink.showLife();
            try {
                log.sendStatus();
            } catch (SQLException failure) {
                broken = failure;
            }
        }
    }

    private Duration sinceCommit() {
        Instant commit = POSTGRES_EPOCH.plus(committedAt, ChronoUnit.MICROS);
        Duration since = Duration.between(commit, time.now());
        return since.isNegative() ? Duration.ZERO : since;
    }
}
