package dev.hotcold.cold.pooler;

import dev.hotcold.table.CatalogQuery;
import java.util.Optional;

/** What stands between the service and PostgreSQL. */
public enum Pooler {
    /** Found out: a pooler gives a session to several clients, unless it is shown that there is none. */
    AUTO,

    /** Nothing that knows of sessions. */
    NONE,

    /** A pooler that gives a client a session for as long as the client stays. */
    SESSION,

    /** A pooler that gives a client a session for a transaction. */
    TRANSACTION,

    /** A pooler that gives a client a session for a statement. */
    STATEMENT;

    /** Whether a session is the client's own, by what is said here. */
    public boolean keepsSessions() {
        return this == NONE || this == SESSION;
    }

    /** Whether a session may be another client's with the next transaction, by what is said here. */
    public boolean sharesSessions() {
        return this == TRANSACTION || this == STATEMENT;
    }

    /**
     * The query for what the table of users is.
     *
     * @param searchPath that was asked for; empty = none
     */
    public String catalogQuery(Optional<String> searchPath) {
        return keepsSessions() ? CatalogQuery.BY_NAME : CatalogQuery.byName(searchPath);
    }
}
