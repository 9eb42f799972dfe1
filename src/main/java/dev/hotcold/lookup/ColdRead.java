package dev.hotcold.lookup;

import dev.hotcold.user.User;

/** What the cold store says of a user. */
public sealed interface ColdRead {

    /**
     * It has the user.
     *
     * @param isStorable whether a change of the user would be told by this very id; otherwise it must not be stored under it
     * @param isBehind whether it may lack changes that were told already: it was read from a standby
     */
    record Present(User user, boolean isStorable, boolean isBehind) implements ColdRead {

        /** One that may be stored. */
        public Present(User user) {
            this(user, true, false);
        }
    }

    /** It has no such user. */
    enum Absent implements ColdRead {
        ABSENT,
        /** At a standby, which may not have heard of it yet. */
        BEHIND,
        /** At the moment: that one comes to be would not be told by this very id, so that its absence must not be stored. */
        UNTOLD
    }

    /** The read was refused: more wait already than the store can take. */
    enum Refused implements ColdRead {
        REFUSED
    }
}
