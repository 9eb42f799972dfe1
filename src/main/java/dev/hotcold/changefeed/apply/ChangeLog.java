package dev.hotcold.changefeed.apply;

import dev.hotcold.freshness.Lsn;
import java.nio.ByteBuffer;
import java.sql.SQLException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** PostgreSQL's log as the owner of the slot reads it. Confined to: the thread of its feed, which it blocks. */
public interface ChangeLog {

    /** The longest that a message may stop half-way; also the longest that {@link #poll} takes. */
    Duration LONGEST_STALL = Duration.ofSeconds(10);

    /** The next message, valid until the next call; null when none comes within a millisecond. */
    @Nullable ByteBuffer poll() throws SQLException;

    /** The end of what was received. */
    Lsn received();

    /** Everything before this position is applied: PostgreSQL need not keep it. Told with the next status. */
    void acknowledge(Lsn position);

    /** Tells PostgreSQL that this reader is alive, and what it has acknowledged. */
    void sendStatus() throws SQLException;
}
