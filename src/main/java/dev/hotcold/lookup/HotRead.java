package dev.hotcold.lookup;

import dev.hotcold.user.UserJson;
import java.time.Duration;

/** What the hot store knows of a user. */
public sealed interface HotRead {

    /**
     * It holds the user.
     *
     * @param endsSoon whether the user's time ends soon enough to read it anew now
     */
    record Hit(UserJson user, boolean endsSoon) implements HotRead {}

    /**
     * It holds the user beyond its time: for want of a better one.
     *
     * @param since for how long the time has been over
     */
    record Stale(UserJson user, Duration since) implements HotRead {}

    /** It holds nothing of use: the database must be asked. */
    enum Vacant implements HotRead {
        VACANT
    }
}
