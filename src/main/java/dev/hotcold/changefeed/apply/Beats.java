package dev.hotcold.changefeed.apply;

import dev.hotcold.blocking.BlockingTime;
import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.Lsn;
import java.sql.SQLException;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * Counts beats in the hot store, by which its readers can prove how old what they read is at most. Each beat says: of what was
 * committed before the beat before it was written, nothing is missing here.
 *
 * <pre>
 *   RESTING ─ 50 ms ─► ASKED ─ received ─► APPLYING ─ applied ─► WRITING ─ written ─► RESTING
 * </pre>
 *
 * <ol>
 *   <li>Once the beat before is written, PostgreSQL is asked where its log ends. A commit that any reader sees lies before that
 *       end, also one that was acknowledged before it was on disk ({@code synchronous_commit = off}).
 *   <li>When the log has been received up to there, every transaction that was committed before is among what was sent on.
 *   <li>When that is applied, and what was applied before readers saw it is removed once more if they saw it by the question, the beat
 *       is written. A commit that nobody saw by then is none that an answer could lack.
 *   <li>And when it is known that the table was the same up to there: of another one the log may have told nothing.
 * </ol>
 *
 * <p>Confined to: the thread of its feed, which it blocks.
 */
final class Beats {

    /** Between two questions, at least. */
    static final Duration PERIOD = Duration.ofMillis(50);

    /** PostgreSQL tells how far it has sent its log when asked; it is asked again while that is not far enough. */
    private static final Duration BETWEEN_STATUSES = Duration.ofMillis(10);

    /** PostgreSQL sends only what is on disk: an open transaction in a quiet database may keep its log from there for long. */
    private static final Duration BEFORE_FLUSH = Duration.ofMillis(200);

    private enum State {
        RESTING,
        ASKED,
        APPLYING,
        WRITING
    }

    private final ChangeLog log;
    private final Snapshots database;
    private final ApplyPipeline pipeline;
    private final ChangeSink sink;
    private final BlockingTime time;
    private State state = State.RESTING;
    private long askedAt;
    private long statusAt;
    private Lsn end = new Lsn(0);
    private long lastBatch;
    private long looksBefore;
    private int tableAsked;
    private boolean flushed;
    private @Nullable CompletableFuture<?> written;

    Beats(ChangeLog log, Snapshots database, ApplyPipeline pipeline, ChangeSink sink, BlockingTime time) {
        this.log = log;
        this.database = database;
        this.pipeline = pipeline;
        this.sink = sink;
        this.time = time;
        this.askedAt = time.nanos() - PERIOD.toNanos();
    }

    /**
     * Goes on as far as it can without waiting. To be called when everything that was received has been sent to the pipeline.
     *
     * @param asked what was last asked of the table, for what was received
     */
    void step(TableCheck table, int asked) throws SQLException {
        if (state == State.WRITING && written != null && written.isDone()) {
            ApplyPipeline.check(written);
            state = State.RESTING;
        }
        long now = time.nanos();
        if (state == State.RESTING && now - askedAt >= PERIOD.toNanos()) {
            askedAt = now;
            statusAt = now - BETWEEN_STATUSES.toNanos();
            flushed = false;
            looksBefore = pipeline.looks();
            end = database.endOfLog();
            state = State.ASKED;
        }
        if (state == State.ASKED) {
            if (log.received().compareTo(end) >= 0) {
                lastBatch = pipeline.lastSent();
                tableAsked = asked;
                state = State.APPLYING;
            } else if (now - statusAt >= BETWEEN_STATUSES.toNanos()) {
                if (!flushed && now - askedAt >= BEFORE_FLUSH.toNanos()) {
                    flushed = true;
                    database.flushLog();
                }
                statusAt = now;
                log.sendStatus();
            }
        }
        if (state == State.APPLYING && pipeline.isDoneUpTo(lastBatch, looksBefore) && table.isSettled(tableAsked)) {
            written = sink.beat();
            state = State.WRITING;
        }
    }
}
