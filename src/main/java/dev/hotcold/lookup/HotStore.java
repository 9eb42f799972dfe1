package dev.hotcold.lookup;

import dev.hotcold.user.UserId;
import dev.hotcold.user.UserJson;
import io.vertx.core.Future;

/**
 * The fast store that may forget. Reads and fills of one store keep their order: a read begun after a fill sees it, so
 * long as the store is reachable.
 *
 * <p>Confined to: its event loop.
 */
public interface HotStore {

    /** Looks for a user. Fails only when the store could not say, and then soon: within its own timeout. */
    Future<HotRead> read(UserId id);

    /** Stores a user, best effort: nobody waits for it, and a failure is told to the observer alone. */
    void fill(UserId id, UserJson user);
}
