package dev.hotcold.cold.pooler;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions of one event loop's connections: whether they are their own.
 *
 * <p>PostgreSQL names the process that serves a connection at the login, for requests to cancel. A pooler names one of its own
 * choice, or that of a session which is somebody else's by now. So where another process answers than was named, there is a pooler.
 * One that names the first session's process may pass for none, until a statement is not there that was prepared.
 *
 * <p>Confined to: its event loop.
 */
public final class LoopSessions {

    private static final Logger LOG = LoggerFactory.getLogger(LoopSessions.class);

    /** Whose session a connection has. */
    private enum State {
        /** Not known yet. */
        UNKNOWN,
        /** Its own: what is prepared stays. */
        OWN,
        /** Perhaps that of another client, with the next transaction. */
        SHARED
    }

    /** The session of one connection. */
    public final class Session {

        private final int announced;
        private State state;

        private Session(int announced) {
            this.announced = announced;
            boolean areShared = pooler.sharesSessions() || haveChanged;
            this.state = areShared ? State.SHARED : pooler.keepsSessions() ? State.OWN : State.UNKNOWN;
        }

        /** Whether it is to be found out which process answers. */
        public boolean isUnknown() {
            return state == State.UNKNOWN;
        }

        /** Whether what is prepared stays. */
        public boolean isOwn() {
            return state == State.OWN;
        }

        /** A process has answered. */
        public void answeredBy(int process) {
            if (pooler == Pooler.AUTO && state != State.SHARED) {
                state = process == announced ? State.OWN : State.SHARED;
            }
        }

        /**
         * A search path was set in the session. It does not count: another client of a pooler may have set it, although the process is
         * the one that was named.
         */
        public void hasSetPath() {
            if (pooler == Pooler.AUTO && searchPath.isEmpty() && state == State.OWN && !hasToldOfPath) {
                hasToldOfPath = true;
                LOG.info(
                        "PostgreSQL's session has a search path that was set in it, which does not count, as a pooler's other"
                                + " client may have set it: if it is by a login trigger, set PG_POOLER=none, or name search_path in"
                                + " DATABASE_URL");
            }
        }

        /** What was prepared is not there, or something else: it is another session than before. */
        public void hasChanged() {
            state = State.SHARED;
            if (!haveChanged) {
                haveChanged = true;
                LOG.info(
                        "PostgreSQL's session has not got the prepared statement, as behind a pooler that shares sessions:"
                                + " from now on queries are sent without (PG_POOLER)");
            }
        }

        /** The query for what the table of users is. */
        public String catalogQuery() {
            return pooler.catalogQuery(searchPath);
        }
    }

    private final Pooler pooler;
    private final Optional<String> searchPath;
    private boolean haveChanged;
    private boolean hasToldOfPath;

    /**
     * Sessions of which nothing is known.
     *
     * @param pooler what is said of one
     * @param searchPath that was asked for; empty = none
     */
    public LoopSessions(Pooler pooler, Optional<String> searchPath) {
        this.pooler = pooler;
        this.searchPath = searchPath;
    }

    /**
     * The session of a new connection.
     *
     * @param announced the process that the login has named
     */
    public Session open(int announced) {
        return new Session(announced);
    }
}
