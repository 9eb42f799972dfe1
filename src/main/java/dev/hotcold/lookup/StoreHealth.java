package dev.hotcold.lookup;

import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What ails a store as one event loop sees it; logs when it changes, not each time. Written by one thread, read by any.
 */
public final class StoreHealth {

    private static final Logger LOG = LoggerFactory.getLogger(StoreHealth.class);

    private final String store;
    private volatile String problem = "";

    /**
     * A store that is taken to be well until it shows otherwise.
     *
     * @param store how the store is called in the log
     */
    public StoreHealth(String store) {
        this.store = store;
    }

    /** The store works. Cheap when it did already. */
    public void well() {
        if (!problem.isEmpty()) {
            problem = "";
            LOG.info("{} answers again", store);
        }
    }

    /**
     * The store does not work.
     *
     * @param what a sentence for an operator, without secrets
     */
    public void ailing(String what) {
        if (problem.isEmpty() || !problem.equals(what)) {
            LOG.warn("{}: {}", store, what);
        }
        problem = what;
    }

    /** What ails the store; empty when nothing does. */
    public Optional<String> problem() {
        String current = problem;
        return current.isEmpty() ? Optional.empty() : Optional.of(current);
    }
}
