package dev.hotcold.changefeed.apply;

/**
 * Checks whether the table is still the one whose changes are followed, beside the session: what comes of it ends the session, or
 * settles it. Called on the thread of the session's feed, which it does not block.
 */
public interface TableCheck {

    /**
     * The log has described a table, as it does when something about it may have changed. What the log told after that was logged
     * before this call: a check that begins from now on sees what the table was changed to by then.
     */
    void tableDescribed();

    /** Whether a check that began after the last description found the table whose changes are followed. */
    boolean isSettled();
}
