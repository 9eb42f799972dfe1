package dev.hotcold.cold.pool;

import dev.hotcold.table.IdMatch;
import java.util.List;

/** How a query ended. Problems are for an operator, without secrets. */
public sealed interface QueryOutcome {

    /**
     * With the rows that there are; in any order.
     *
     * @param bytes that the rows had on the wire
     * @param match how the ids were compared
     */
    record Answered(List<UserRow> rows, long bytes, IdMatch match) implements QueryOutcome {

        /** Rows found by the same text. */
        public Answered(List<UserRow> rows, long bytes) {
            this(rows, bytes, IdMatch.EXACT);
        }
    }

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

    /** With an error that one row of the answer may have raised, or because of one that cannot be read. The connection can be used
     * again. */
    record RowError(String problem) implements QueryOutcome {}

    /** The connection went with it, or is about to: the server says so before it ends. */
    record Disconnected(String problem) implements QueryOutcome {}
}
