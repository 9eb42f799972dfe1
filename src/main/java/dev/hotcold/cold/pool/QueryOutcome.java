package dev.hotcold.cold.pool;

import java.util.List;

/** How a query ended. Problems are for an operator, without secrets. */
public sealed interface QueryOutcome {

    /** With the rows that there are; in any order. */
    record Answered(List<UserRow> rows) implements QueryOutcome {}

    /** PostgreSQL cancelled it: on our request, or by itself. The connection can be used again. */
    record Cancelled(String problem) implements QueryOutcome {}

    /** With an error, or with rows that cannot be read. The connection can be used again. */
    record ErrorReply(String problem) implements QueryOutcome {}

    /** The connection went with it, or is about to: the server says so before it ends. */
    record Disconnected(String problem) implements QueryOutcome {}
}
