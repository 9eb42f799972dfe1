package dev.hotcold.loop;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last observed state of a store, as one event loop sees it. Logs when it changes, not each time. Written by one thread,
 * read by any.
 */
public final class StoreHealth {

    private static final Logger LOG = LoggerFactory.getLogger(StoreHealth.class);

    private final String store;
    private volatile String reason = "";

    /**
     * A store that counts as healthy until it shows otherwise.
     *
     * @param store its name in the log
     */
    public StoreHealth(String store) {
        this.store = store;
    }

    /** The store works. Costs next to nothing when it did before. */
    public void recovered() {
        if (!reason.isEmpty()) {
            reason = "";
            LOG.info("{} has recovered", store);
        }
    }

    /**
     * The store does not work as it should.
     *
     * @param why a sentence for an operator, without secrets
     */
    public void degraded(String why) {
        if (!reason.equals(why)) {
            LOG.warn("{} is degraded: {}", store, why);
        }
        reason = why;
    }

    /** Whether the store does not work as it should. */
    public boolean isDegraded() {
        return !reason.isEmpty();
    }

    /** Why the store is degraded; empty when it is not. */
    public Optional<String> reason() {
        String current = reason;
        return current.isEmpty() ? Optional.empty() : Optional.of(current);
    }
}
