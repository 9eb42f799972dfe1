package dev.hotcold.changefeed.apply;

import java.time.Duration;

/** Gets the progress of a session. Called on the thread of its feed. */
public interface ApplyListener {

    /** So many changes were applied. */
    void applied(int changes);

    /**
     * The cache was flushed.
     *
     * @param users how many there were in it
     * @param why for an operator; completes "the cache was flushed: "
     */
    void flushed(long users, String why);

    /** How long ago the oldest commit was made that is not applied yet; zero = all are. */
    void lag(Duration lag);
}
