package dev.hotcold.freshness;

import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The users of the hot store, and who is noted there as absent. Confined to: one thread, which it may block. */
public interface CachedUsers {

    /**
     * The next page of a scan of all cached users, and of those noted as absent, which begins again behind the last page.
     *
     * @param about how many ids; there may be fewer or more, also none
     */
    List<UserId> next(int about);

    /** Whether the next page is the first one of a scan. */
    boolean isAtStart();

    /**
     * These ids in parts of which each may be read at once: what is cached of a part is about a megabyte at most, or a single user.
     * Those whose users are too long to be read at all are missing.
     */
    List<List<UserId>> inParts(List<UserId> ids);

    /**
     * What is cached of these users.
     *
     * @return by id; empty = noted as absent; those of whom nothing is cached are missing
     */
    Map<UserId, Optional<UserJson>> read(List<UserId> ids);

    /** The same, and with them those that are kept for the case that the database fails. */
    default Map<UserId, Optional<UserJson>> readAll(List<UserId> ids) {
        return read(ids);
    }

    /**
     * Removes these users, and notes of their absence, and ends the leases under which they may be being filled; what a change holds
     * off stays so.
     */
    void remove(List<UserId> ids);
}
