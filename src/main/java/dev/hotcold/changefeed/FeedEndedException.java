package dev.hotcold.changefeed;

/** A session of the change feed cannot go on, or cannot begin. */
final class FeedEndedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final boolean changesWereMissed;

    private FeedEndedException(String message, boolean changesWereMissed) {
        super(message, null, false, false);
        this.changesWereMissed = changesWereMissed;
    }

    /** @param message for an operator, without secrets */
    FeedEndedException(String message) {
        this(message, false);
    }

    /** Changes were made that the log did not tell, so that what is stored is of no use. */
    static FeedEndedException changesMissed(String message) {
        return new FeedEndedException(message, true);
    }

    boolean changesWereMissed() {
        return changesWereMissed;
    }

    /** What an operator is told. */
    String what() {
        return String.valueOf(getMessage());
    }
}
