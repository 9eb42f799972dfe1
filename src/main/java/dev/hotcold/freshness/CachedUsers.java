package dev.hotcold.freshness;

import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.util.List;
import java.util.Map;

/** The users of the hot store. Confined to: one thread, which it may block. */
public interface CachedUsers {

    /**
     * The next page of a scan of all cached users, which begins again behind the last page.
     *
     * @param about how many ids; there may be fewer or more, also none
     */
    List<UserId> next(int about);

    /** Whether the next page is the first one of a scan. */
    boolean isAtStart();

    /** What is cached of these users; those that are not cached are missing. */
    Map<UserId, UserJson> read(List<UserId> ids);

    /** Removes these users, and ends the leases under which they may be being filled; what a change holds off stays so. */
    void remove(List<UserId> ids);
}
