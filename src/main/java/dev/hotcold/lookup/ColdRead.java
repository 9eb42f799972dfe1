package dev.hotcold.lookup;

import dev.hotcold.user.User;

/** What the cold store says of a user. */
public sealed interface ColdRead {

    /** It has the user. */
    record Present(User user) implements ColdRead {}

    /** It has no such user. */
    enum Absent implements ColdRead {
        ABSENT
    }

    /** The read was refused: more wait already than the store can take. */
    enum Refused implements ColdRead {
        REFUSED
    }
}
