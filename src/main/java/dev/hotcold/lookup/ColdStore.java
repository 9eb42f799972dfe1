package dev.hotcold.lookup;

import dev.hotcold.user.UserId;
import io.vertx.core.Future;

/**
 * The store of record.
 *
 * <p>Confined to: its event loop.
 */
public interface ColdStore {

    /** Reads a user. Fails when the store does not answer within its own timeout. */
    Future<ColdRead> read(UserId id);

    /** Whether a read would fail at once, since the store is known to be down. */
    boolean isKnownDown();
}
