package dev.hotcold.changefeed.apply;

/** A session of the change feed cannot go on, or cannot begin. */
public final class SessionEndedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final boolean changesWereMissed;

    private SessionEndedException(String reason, boolean changesWereMissed) {
        super(reason, null, false, false);
        this.changesWereMissed = changesWereMissed;
    }

    /** @param reason for an operator, without secrets */
    public SessionEndedException(String reason) {
        this(reason, false);
    }

    /**
     * Changes were committed that the log does not hold, so that the cache must be flushed.
     *
     * @param reason for an operator, without secrets
     */
    public static SessionEndedException changesMissed(String reason) {
        return new SessionEndedException(reason, true);
    }

    /** Whether changes were committed that the log does not hold. */
    public boolean changesWereMissed() {
        return changesWereMissed;
    }
}
