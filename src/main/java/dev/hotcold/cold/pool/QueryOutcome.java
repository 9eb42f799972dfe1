package dev.hotcold.cold.pool;

import dev.hotcold.table.IdMatch;
import java.util.List;

/** How a query ended. Problems are for an operator, without secrets. */
public sealed interface QueryOutcome {

    /**
     * With the rows that there are; in any order.
     *
     * @param bytes that the rows had on the wire
     * @param unasked how many of the ids PostgreSQL was not asked for, since no row can have them
     * @param match how the ids were compared
     */
    record Answered(List<UserRow> rows, long bytes, int unasked, IdMatch match) implements QueryOutcome {

        /** Rows found by the same text. */
        public Answered(List<UserRow> rows, long bytes) {
            this(rows, bytes, 0, IdMatch.EXACT);
        }
    }

    /**
     * Without having been sent, since no row can have any of the ids: there are no such users, and nothing is known of PostgreSQL.
     *
     * @param match how the ids were compared
     */
    record NotAsked(IdMatch match) implements QueryOutcome {}

    /**
     * With some of the rows only, since all would take too much memory. An id without a row may have one. The connection can be
     * used again.
     *
     * @param rows none: not even one fits
     * @param bytes that the rows had on the wire
     */
    record Cut(List<UserRow> rows, long bytes) implements QueryOutcome {}

    /** PostgreSQL cancelled it: on our request, or by itself. The connection can be used again. */
    record Cancelled(String problem) implements QueryOutcome {}

    /** With an error that concerns every query of the table. The connection can be used again. */
    record ErrorReply(String problem) implements QueryOutcome {}

    /**
     * With an error that one row of the answer may have raised, or because of one that cannot be read. The connection can be used
     * again.
     */
    record RowError(String problem) implements QueryOutcome {}

    /** The connection went with it, or is about to: the server says so before it ends. */
    record Disconnected(String problem) implements QueryOutcome {}
}
