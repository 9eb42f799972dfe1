package dev.hotcold.changefeed.apply;

/**
 * Checks, beside the session, whether the table is still the one whose changes are followed. Another one ends the session. Called on
 * the thread of the session's feed, which it does not block.
 */
public interface TableCheck {

    /**
     * Asks for a check. To be called when the log has described a table, as it does when something about it may have changed, and
     * readers see what it was changed to: a check that begins from now on sees that too.
     *
     * @return the number of what was asked; counts up from 1
     */
    int ask();

    /**
     * Whether a check has found the table whose changes are followed.
     *
     * @param number of what was asked; the check began after that. 0 = any since the session began
     */
    boolean isSettled(int number);
}
