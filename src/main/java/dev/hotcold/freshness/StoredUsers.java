package dev.hotcold.freshness;

import dev.hotcold.user.User;
import dev.hotcold.user.UserId;
import java.sql.SQLException;
import java.util.List;
import java.util.Map;

/** The users of the database. Confined to: one thread, which it may block. */
public interface StoredUsers {

    /** These users as they are committed now; those that do not exist are missing. */
    Map<UserId, User> read(List<UserId> ids) throws SQLException;

    /** Forgets what the table was: the next time it may be another. */
    default void lookAnew() {}
}
