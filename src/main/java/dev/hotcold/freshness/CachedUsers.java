package dev.hotcold.freshness;

import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.util.List;
import java.util.Map;

/** What is cached. Confined to: one thread, which it may block. */
public interface CachedUsers {

    /**
     * The next cached users on a walk through all of them.
     *
     * @param about how many; there may be fewer or more, also none
     */
    List<UserId> next(int about);

    /** Whether the walk stands at its beginning: it has not begun, or the last page was the last one. */
    boolean isAtStart();

    /** What is cached for these users; those without are missing. */
    Map<UserId, UserJson> read(List<UserId> ids);
}
