package dev.hotcold.app;

import com.sun.management.UnixOperatingSystemMXBean;
import dev.hotcold.config.Config;
import dev.hotcold.http.connection.ConnectionLimit;
import dev.hotcold.http.management.ManagementServer;
import java.lang.management.ManagementFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the process needs its file descriptors for. Clients get what the stores, the management port and the process itself
 * leave: without a descriptor no lost connection to a store is replaced, and no probe is answered.
 *
 * @param max how many files the process may open
 * @param needed how many it needs for anything but clients
 */
public record FileDescriptors(long max, long needed) {

    private static final Logger LOG = LoggerFactory.getLogger(FileDescriptors.class);

    /** Of an event loop: its own, and connections to Redis, of which a broken one may overlap the next. */
    private static final int PER_LOOP = 8;

    /** Connections of change feed, verification and of what blocks to either store. */
    private static final int UPKEEP = 12;

    /** For what is opened for a moment: files that are read again, names that are resolved, queries that are cancelled. */
    private static final int RESERVE = 32;

    /** With fewer, an operator who set no limit is told of the one there is: the default of HTTP_MAX_CONNECTIONS. */
    private static final int MANY = 20_000;

    /** Those of this process, which has opened what it opens before it connects or listens. */
    public static FileDescriptors ofProcess(Config config, int loops) {
        long stores = config.stores().postgres().pool().maxConnections() + (loops + 1L) * PER_LOOP + UPKEEP;
        long management =
                (long) ManagementServer.MAX_CONNECTIONS + ConnectionLimit.refusals(ManagementServer.MAX_CONNECTIONS);
        return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean system
                ? new FileDescriptors(
                        system.getMaxFileDescriptorCount(),
                        system.getOpenFileDescriptorCount() + stores + management + RESERVE)
                : new FileDescriptors(Long.MAX_VALUE, 0);
    }

    /**
     * How many clients may be connected.
     *
     * @param wanted by HTTP_MAX_CONNECTIONS; 0 = no limit
     */
    public int clients(int wanted) {
        long left = Math.clamp(max - needed, 1, 1_000_000);
        long fitting = Math.max(1, left - ConnectionLimit.refusals(Math.toIntExact(left)));
        return Math.toIntExact(wanted == 0 ? fitting : Math.min(wanted, fitting));
    }

    /** The same, and warns where it is less than the settings say. */
    int clientsOrWarn(int wanted) {
        int clients = clients(wanted);
        if (clients < enough(wanted)) {
            LOG.warn(
                    "HTTP_MAX_CONNECTIONS is {}, but no more than {} connections of clients are accepted: the process may"
                            + " open {} files, and needs {} of them itself. Raise the limit of open files (ulimit -n, or"
                            + " LimitNOFILE= of systemd) to {} or more, or lower HTTP_MAX_CONNECTIONS",
                    wanted,
                    clients,
                    max,
                    needed,
                    forClients(wanted));
        }
        return clients;
    }

    /** With fewer clients than this an operator is warned. */
    public static int enough(int wanted) {
        return wanted == 0 ? MANY : wanted;
    }

    /** How many files the process would have to be allowed to open. */
    public long forClients(int wanted) {
        int enough = enough(wanted);
        return needed + enough + ConnectionLimit.refusals(enough);
    }
}
