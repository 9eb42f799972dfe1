package dev.hotcold.lookup;

import dev.hotcold.user.UserJson;

/** What the hot store knows of a user. */
public sealed interface HotRead permits HotRead.Hit, StaleUser, HotRead.Miss {

    /**
     * It holds the user, within its soft TTL.
     *
     * @param refreshAhead whether the soft TTL ends so soon that this hit is to refresh the user
     */
    record Hit(UserJson user, boolean refreshAhead) implements HotRead {}

    /** It holds nothing of use: the database must be read. */
    enum Miss implements HotRead {
        MISS
    }
}
