package dev.hotcold.changefeed.postgres;

import dev.hotcold.changefeed.apply.ChangeLog;
import dev.hotcold.freshness.Lsn;
import java.nio.ByteBuffer;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.postgresql.PGConnection;
import org.postgresql.replication.LogSequenceNumber;
import org.postgresql.replication.PGReplicationStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** PostgreSQL's log through pgjdbc, from the position of a replication slot. */
public final class JdbcChangeLog implements ChangeLog {

    private static final Logger LOG = LoggerFactory.getLogger(JdbcChangeLog.class);

    /** SizeOfXLogLongPHD of PostgreSQL. */
    private static final int LONGEST_PAGE_HEADER = 40;

    private final PGReplicationStream stream;

    private JdbcChangeLog(PGReplicationStream stream) {
        this.stream = stream;
    }

    /**
     * Begins to read. Fails with SQLSTATE 55006 while another instance follows the slot, and with 42704 when there is no such
     * publication at that place of the log.
     *
     * @param replication a connection for replication, which stays the caller's to end
     */
    public static JdbcChangeLog open(Connection replication, String slot, String publication) throws SQLException {
        try (Statement statement = replication.createStatement()) {
            // As the database has it: text that it cannot convert would end the log at that place, for ever.
            statement.execute("SET client_encoding = 'SQL_ASCII'");
        }
        return new JdbcChangeLog(replication
                .unwrap(PGConnection.class)
                .getReplicationAPI()
                .replicationStream()
                .logical()
                .withSlotName(slot)
                .withSlotOption("proto_version", 1)
                .withSlotOption("publication_names", publication)
                // Also the longest that a message may stop half-way; the session itself reports more often.
                .withStatusInterval(Math.toIntExact(LONGEST_STALL.toMillis()), TimeUnit.MILLISECONDS)
                .withAutomaticFlush(false)
                .start());
    }

    /**
     * Whose log it is: positions of another system, or of a timeline that is no part of it, say nothing about it.
     *
     * @param replication a connection for replication
     */
    public static LogHistory history(Connection replication) throws SQLException {
        try (Statement statement = replication.createStatement();
                ResultSet row = statement.executeQuery("IDENTIFY_SYSTEM")) {
            row.next();
            String system = row.getString("systemid");
            long timeline = row.getLong("timeline");
            return timeline == 1 ? LogHistory.of(system, timeline) : withFormer(replication, system, timeline);
        }
    }

    /** Where PostgreSQL does not tell what was before, it is as if nothing had been. */
    private static LogHistory withFormer(Connection replication, String system, long timeline) throws SQLException {
        try (Statement statement = replication.createStatement();
                ResultSet row = statement.executeQuery("TIMELINE_HISTORY " + timeline)) {
            row.next();
            return LogHistory.of(system, timeline, row.getString("content"));
        } catch (SQLException | IllegalArgumentException untold) {
            if (replication.isClosed()) {
                throw untold;
            }
            LOG.debug("PostgreSQL does not tell the history of its timeline", untold);
            return LogHistory.of(system, timeline);
        }
    }

    /**
     * The end of the log at this moment: every change that any reader sees lies before it. Where the end is behind the header of a
     * page of the log, it is where that page begins: nothing is in between, and the log is sent up to there only.
     *
     * @param connection for queries
     */
    public static Lsn end(Connection connection) throws SQLException {
        String[] end = Queries.text(
                        connection,
                        "SELECT pg_current_wal_insert_lsn()::text || ' ' || current_setting('wal_block_size')")
                .split(" ", 2);
        long position = Lsn.parse(end[0]).value();
        long inPage = position % Integer.parseInt(end[1]);
        return new Lsn(inPage <= LONGEST_PAGE_HEADER ? position - inPage : position);
    }

    @Override
    public @Nullable ByteBuffer poll() throws SQLException {
        return stream.readPending();
    }

    @Override
    public Lsn received() {
        return new Lsn(stream.getLastReceiveLSN().asLong());
    }

    @Override
    public void acknowledge(Lsn position) {
        LogSequenceNumber number = LogSequenceNumber.valueOf(position.value());
        stream.setAppliedLSN(number);
        stream.setFlushedLSN(number);
    }

    @Override
    public void sendStatus() throws SQLException {
        stream.forceUpdateStatus();
    }
}
