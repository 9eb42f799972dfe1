package dev.hotcold.app.jdbc;

import dev.hotcold.cold.PostgresSettings;
import dev.hotcold.cold.server.ServerAddress;
import dev.hotcold.cold.server.ServerPolicy;
import dev.hotcold.cold.server.ServerState;
import dev.hotcold.names.HostNames;
import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks, five times a second, where the settings lead to. Where that is more than one address, it asks each server what it is, on a
 * connection that it keeps: whoever is on a newer timeline was promoted, although the one that is used still answers. One address
 * alone is looked at once, when it has become another one. Works on threads of its own.
 */
public final class ServerWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ServerWatch.class);

    private static final Duration PERIOD = Duration.ofMillis(200);

    /** After a failure. */
    private static final Duration PAUSE = Duration.ofSeconds(1);

    /** An answer is known for so long. */
    private static final Duration FRESH = Duration.ofSeconds(2);

    private final PostgresSettings settings;
    private final PostgresJdbc postgres;
    private final List<ServerPolicy> policies;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Map<ServerAddress, Look> looks = new LinkedHashMap<>();

    /** The one address that there is, which needs no look; none = there is not one alone. */
    private @Nullable ServerAddress known;

    /** Whether anything was looked up yet. */
    private boolean isBegun;

    /** @param policies get to know what is found */
    public ServerWatch(PostgresSettings settings, List<ServerPolicy> policies) {
        this.settings = settings;
        // Any server is asked, whatever is asked for; the policy of its own judges nothing.
        this.postgres = new PostgresJdbc(settings);
        this.policies = List.copyOf(policies);
    }

    /** Begins to watch. */
    public void start() {
        Thread.ofVirtual().name("postgres-watch").start(this::run);
    }

    private void run() {
        try {
            do {
                try {
                    watch(ServerAddress.find(settings.endpoint().servers(), HostNames.OF_PROCESS)
                            .get()
                            .addresses());
                } catch (ExecutionException | RuntimeException unforeseen) {
                    LOG.error("The servers of PostgreSQL could not be watched for a moment", unforeseen);
                }
            } while (!closed.await(PERIOD.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        } finally {
            looks.values().forEach(Look::close);
        }
    }

    private void watch(List<ServerAddress> addresses) throws InterruptedException {
        if (addresses.isEmpty()) {
            return;
        }
        if (addresses.size() == 1 && (!isBegun || addresses.getFirst().equals(known))) {
            isBegun = true;
            known = addresses.getFirst();
            return;
        }
        isBegun = true;
        known = null;
        List.copyOf(looks.values()).stream()
                .filter(look -> !addresses.contains(look.address))
                .forEach(this::end);
        List<Look> current = addresses.stream()
                .map(address -> looks.computeIfAbsent(address, Look::new))
                .toList();
        current.forEach(Look::begin);
        for (Look look : current) {
            look.await(PERIOD);
        }
        ServerState primary = primary(current);
        policies.forEach(policy -> policy.leadsTo(primary));
        if (current.size() == 1 && current.getFirst().hasAnswered) {
            known = addresses.getFirst();
            end(current.getFirst());
        }
    }

    private void end(Look look) {
        looks.remove(look.address);
        look.close();
    }

    /** Of those that answer: the first primary, or one that was promoted since. */
    private static ServerState primary(List<Look> looks) {
        ServerState primary = ServerState.UNKNOWN;
        for (Look look : looks) {
            ServerState state = look.state();
            boolean isNewer = state.system().equals(primary.system()) && state.timeline() > primary.timeline();
            if (state.isKnownPrimary() && (!primary.isKnownPrimary() || isNewer)) {
                primary = state;
            }
        }
        return primary;
    }

    @Override
    public void close() {
        closed.countDown();
    }

    /** What is known of one server. One question at a time, on a thread of its own: a server that hangs keeps nobody. */
    private final class Look {

        private final ServerAddress address;
        private @Nullable Thread asking;
        private volatile ServerState state = ServerState.UNKNOWN;
        private volatile long answeredAt;
        private volatile boolean hasAnswered;
        private volatile long failedAt;
        private volatile boolean hasFailed;
        private volatile boolean isClosed;

        /** Confined to: the thread that asks. */
        private @Nullable Connection connection;

        Look(ServerAddress address) {
            this.address = address;
        }

        /** Where nobody answers, as at one of two addresses of one server, nobody is asked so often. */
        void begin() {
            boolean isAsking = asking != null && asking.isAlive();
            boolean isPausing = hasFailed && System.nanoTime() - failedAt < PAUSE.toNanos();
            if (!isAsking && !isPausing) {
                asking = Thread.ofVirtual().name("postgres-look").start(this::ask);
            }
        }

        void await(Duration most) throws InterruptedException {
            if (asking != null) {
                var _ = asking.join(most);
            }
        }

        ServerState state() {
            return hasAnswered && System.nanoTime() - answeredAt < FRESH.toNanos() ? state : ServerState.UNKNOWN;
        }

        private void ask() {
            try {
                if (connection == null) {
                    connection = postgres.connectToAsk(address);
                }
                state = JdbcSearch.state(connection);
                answeredAt = System.nanoTime();
                hasAnswered = true;
                hasFailed = false;
            } catch (SQLException | RuntimeException away) {
                LOG.debug("{} does not say what it is", address.server(), away);
                failedAt = System.nanoTime();
                hasFailed = true;
                disconnect();
            }
            if (isClosed) {
                disconnect();
            }
        }

        private void disconnect() {
            Connection old = connection;
            connection = null;
            if (old != null) {
                try {
                    old.close();
                } catch (SQLException gone) {
                    // As it should be.
                }
            }
        }

        /** The thread that asks may be about to end, or not. */
        void close() {
            isClosed = true;
            Thread last = asking;
            Thread.ofVirtual().start(() -> {
                try {
                    if (last != null) {
                        last.join();
                    }
                    disconnect();
                } catch (InterruptedException end) {
                    Thread.currentThread().interrupt();
                }
            });
        }
    }
}
