package dev.hotcold.freshness;

import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import java.util.Collection;
import java.util.List;

/** What a committed transaction did to a user. */
public sealed interface UserChange {

    /** The user that changed. */
    UserId id();

    /** The user was inserted or updated, and is this one now. */
    record Stored(User user) implements UserChange {

        @Override
        public UserId id() {
            return user.id();
        }
    }

    /** What is cached of the user is out of date: it was deleted, or changed in a way that the log does not hold in full. */
    record Outdated(UserId id) implements UserChange {}

    /** Says of users no more than that what is cached of them is out of date. */
    static List<UserChange> outdated(Collection<UserId> ids) {
        return ids.stream().<UserChange>map(Outdated::new).toList();
    }
}
