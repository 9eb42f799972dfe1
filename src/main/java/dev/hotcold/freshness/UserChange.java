package dev.hotcold.freshness;

import dev.hotcold.user.User;
import dev.hotcold.user.UserId;

/** What a committed transaction did to a user. */
public sealed interface UserChange {

    /** Whom it concerns. */
    UserId id();

    /** The user is stored, and reads so from now on. */
    record Stored(User user) implements UserChange {

        @Override
        public UserId id() {
            return user.id();
        }
    }

    /** The user is no longer what it was: deleted, or changed in a way that is not told in full. */
    record Outdated(UserId id) implements UserChange {}
}
