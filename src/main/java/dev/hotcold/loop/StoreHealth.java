package dev.hotcold.loop;

import java.time.Duration;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last observed state of a store, as one event loop sees it. Logs when it changes, not each time, and
 * not as often as a store can make it change. Written by one thread,
 * read by any.
 */
public final class StoreHealth {

    private static final Logger LOG = LoggerFactory.getLogger(StoreHealth.class);

    /** Of a reason, which may quote what a server says: more tells an operator nothing. */
    private static final int MOST_CHARS = 500;

    /** A store may fail and recover by turns, as often as it answers: so many lines at once, and one a second after that. */
    private static final int MOST_LINES = 10;

    private static final long NANOS_PER_LINE = Duration.ofSeconds(1).toNanos();

    private final String store;
    private volatile String reason = "";
    /** The reason that the log shows; "" = that it has recovered. */
    private String logged = "";

    /** When as many lines may be logged again as ever, if none is meanwhile. */
    private long quietAt = System.nanoTime();

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
            if (!logged.isEmpty()) {
                logged = "";
                LOG.info("{} has recovered", store);
            }
        }
    }

    /**
     * The store does not work as it should.
     *
     * @param why a sentence for an operator, without secrets; shortened where it is very long
     */
    public void degraded(String why) {
        if (reason.equals(why) && logged.equals(why)) {
            return;
        }
        String kept = shortened(why);
        reason = kept;
        if (!logged.equals(kept) && mayLog()) {
            logged = kept;
            LOG.warn("{} is degraded: {}", store, kept);
        }
    }

    private boolean mayLog() {
        long now = System.nanoTime();
        long from = quietAt - now > 0 ? quietAt : now;
        if (from - now > (MOST_LINES - 1) * NANOS_PER_LINE) {
            return false;
        }
        quietAt = from + NANOS_PER_LINE;
        return true;
    }

    /** A reason as it is shown: the beginning of one that is very long. */
    public static String shortened(String why) {
        return why.length() <= MOST_CHARS ? why : why.substring(0, MOST_CHARS) + "…";
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
