package dev.hotcold.changefeed.apply;

/** A session of the change feed cannot go on, or cannot begin. */
public final class SessionEndedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final boolean changesWereMissed;
    private final boolean makesWay;

    private SessionEndedException(String reason, boolean changesWereMissed, boolean makesWay) {
        super(reason, null, false, false);
        this.changesWereMissed = changesWereMissed;
        this.makesWay = makesWay;
    }

    /** @param reason for an operator, without secrets */
    public SessionEndedException(String reason) {
        this(reason, false, false);
    }

    /**
     * Another instance may do better, and is to have the time to try.
     *
     * @param reason for an operator, without secrets
     */
    public static SessionEndedException makingWay(String reason) {
        return new SessionEndedException(reason, false, true);
    }

    /**
     * Changes were committed that the log does not hold, so that the cache must be flushed.
     *
     * @param reason for an operator, without secrets
     */
    public static SessionEndedException changesMissed(String reason) {
        return new SessionEndedException(reason, true, false);
    }

    /** Whether changes were committed that the log does not hold. */
    public boolean changesWereMissed() {
        return changesWereMissed;
    }

    /** Whether another instance is to have the time to try first. */
    public boolean makesWay() {
        return makesWay;
    }
}
