package dev.hotcold.lookup;

import dev.hotcold.user.UserJson;

/** What the hot store knows of a user. */
public sealed interface HotRead {

    /** It holds the user. */
    record Hit(UserJson user) implements HotRead {}

    /** It holds nothing of use: the database must be asked. */
    enum Vacant implements HotRead {
        VACANT
    }
}
