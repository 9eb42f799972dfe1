package dev.hotcold.app;

import dev.hotcold.config.Config;
import dev.hotcold.http.budget.UnreadBudget;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the heap has to hold at most, from settings and measured sizes. Direct memory may grow as large as the heap and holds, of
 * all this, only responses, so what fits here fits there.
 *
 * @param max bytes that the heap may have
 * @param nearCache bytes that the near caches of all loops may take
 */
public record HeapPlan(long max, long nearCache) {

    private static final Logger LOG = LoggerFactory.getLogger(HeapPlan.class);

    /** What lives on the heap of a service without clients: measured 28 MB. */
    private static final long BASE = 32L << 20;

    /** An open connection between two requests: measured 6 to 8 kB, with TLS 8 to 11. */
    private static final long CONNECTION = 8L << 10;

    /** As large a user as the near cache takes. */
    private static final long NEAR_ENTRY = 4L << 10;

    /** With fewer, an operator who set no limit is told of the one there is: the default of HTTP_MAX_CONNECTIONS. */
    private static final int MANY = 20_000;

    /** So many are accepted on the smallest heap. */
    private static final int FEW = 100;

    private static final long MB = 1 << 20;

    /** That of this process. */
    public static HeapPlan ofProcess(Config config, int loops) {
        return new HeapPlan(
                Runtime.getRuntime().maxMemory(),
                NEAR_ENTRY * loops * config.stores().redis().nearEntries());
    }

    /**
     * How many clients may be connected.
     *
     * @param wanted by HTTP_MAX_CONNECTIONS; 0 = no limit
     */
    public int clients(int wanted) {
        int fitting = Math.toIntExact(Math.clamp(leftForClients() / CONNECTION, FEW, 1_000_000));
        return wanted == 0 ? fitting : Math.min(wanted, fitting);
    }

    /** With fewer clients than this an operator is warned. */
    public static int enough(int wanted) {
        return wanted == 0 ? MANY : wanted;
    }

    /** How large the heap would have to be allowed to become, in bytes. */
    public long forClients(int wanted) {
        long enough = max;
        while (new HeapPlan(enough, nearCache).clients(wanted) < enough(wanted)) {
            enough += 16 * MB;
        }
        return enough;
    }

    private long leftForClients() {
        return max - BASE - UnreadBudget.ofHeap(max);
    }

    /** The same, and warns of settings that do not fit. */
    int clientsOrWarn(int wanted) {
        int clients = clients(wanted);
        if (clients < enough(wanted)) {
            LOG.warn(
                    "HTTP_MAX_CONNECTIONS is {}, but no more than {} connections of clients are accepted: the heap may have {} MB,"
                            + " of which requests and unread responses may take {}. Raise the heap (-Xmx, or the memory limit of the"
                            + " container), or lower HTTP_MAX_CONNECTIONS",
                    wanted,
                    clients,
                    max / MB,
                    UnreadBudget.ofHeap(max) / MB);
        }
        long leftForNearCache = leftForClients() - clients * CONNECTION;
        if (nearCache > leftForNearCache) {
            LOG.warn(
                    "The near cache may take {} MB, and the heap of {} MB has {} for it. Lower NEAR_CACHE_ENTRIES or"
                            + " HTTP_MAX_CONNECTIONS, or raise the heap (-Xmx, or the memory limit of the container)",
                    nearCache / MB,
                    max / MB,
                    Math.max(0, leftForNearCache / MB));
        }
        return clients;
    }
}
