package dev.hotcold.lookup;

import dev.hotcold.user.UserId;
import io.vertx.core.Future;

/**
 * The store that knows.
 *
 * <p>Confined to: its event loop.
 */
public interface ColdStore {

    /** Looks for a user. Fails when the store could not say within its own timeout. */
    Future<ColdRead> read(UserId id);

    /** Whether a read would fail at once: the store is known to be away. */
    boolean isHopeless();
}
