package dev.hotcold.hot.blocking;

import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.hot.connection.LettuceClients;
import dev.hotcold.hot.connection.RedisEndpoint;
import dev.hotcold.hot.connection.RedisLocation;
import dev.hotcold.hot.connection.RedisProblems;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.hot.connection.ServerRole;
import dev.hotcold.hot.deployment.Claim;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.names.HostNames;
import io.lettuce.core.RedisChannelHandler;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisConnectionStateAdapter;
import io.lettuce.core.RedisException;
import io.lettuce.core.StatefulRedisConnectionImpl;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.ClientResources;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Connections to Redis for callers that may block: the change feed, and the comparison of cache and database. They do not
 * reconnect: their user starts over. Thread-safe.
 */
public final class BlockingRedis implements AutoCloseable {

    /** The longest for one command; what stands before it may occupy Redis for a while. */
    private static final Duration COMMAND = Duration.ofSeconds(2);

    private static final Duration CONNECT = Duration.ofSeconds(2);

    /** How long closing waits for attempts to connect that are under way. */
    private static final Duration ATTEMPTS_END = Duration.ofMillis(300);

    private static final Duration FILLS_IN_FLIGHT = Duration.ofMillis(250);

    private final RedisEndpoint endpoint;
    private final UserKeys keys;
    private final RedisProblems problems;
    private final ClientResources resources;
    private final RedisClient client;

    /** Shared by attempts to connect, and exclusive for closing: an event loop that is gone registers no channel. */
    private final ReadWriteLock connecting = new ReentrantReadWriteLock();

    private volatile boolean isClosed;

    /** Connections that are open, those that ask Sentinels among them, and where they lead to. */
    private final Map<RedisChannelHandler<?, ?>, SocketAddress> open = new ConcurrentHashMap<>();

    /**
     * The primary that a Sentinel has named last.
     *
     * @param addresses of it
     * @param at by the clock of {@link System#nanoTime()}
     */
    private record Named(Set<SocketAddress> addresses, long at) {}

    private volatile @Nullable Named named;

    /** Whether the last mark that a feed has seen was another deployment's. */
    private volatile boolean wasOthers;

    /** Where the last connection led to; where several are made at once, maybe another's. */
    private volatile @Nullable SocketAddress openedTo;

    /** @param keys that Redis holds users under */
    public BlockingRedis(RedisEndpoint endpoint, UserKeys keys, RedisResources shared) {
        this.endpoint = endpoint;
        this.keys = keys;
        this.problems = new RedisProblems(endpoint.user(), keys);
        this.resources = shared.dedicated(server -> openedTo = server);
        this.client = LettuceClients.blocking(endpoint, CONNECT, COMMAND, resources);
        client.addListener(new RedisConnectionStateAdapter() {
            @Override
            public void onRedisConnected(RedisChannelHandler<?, ?> connection, SocketAddress server) {
                open.put(connection, server);
            }

            @Override
            public void onRedisDisconnected(RedisChannelHandler<?, ?> connection) {
                open.remove(connection);
            }
        });
    }

    /**
     * Connects for a change feed.
     *
     * @param feed name of the feed, the same for all instances that take turns
     * @param deployment whose changes it applies
     * @throws HotStoreException when that is not possible now, or the cache is another deployment's
     */
    public ChangeSink open(String feed, Deployment deployment) {
        return connected(connection -> {
            Optional<String> refusal = ClaimedCache.refusal(connection, keys, deployment, wasOthers, problems);
            wasOthers = refusal.isPresent();
            if (refusal.isPresent()) {
                throw new HotStoreException("Redis: " + refusal.get());
            }
            return new RedisChangeSink(connection, keys, feed, problems);
        });
    }

    /**
     * Connects for walks through all cached users.
     *
     * @param deployment whose users they are
     * @throws HotStoreException when that is not possible now, or the cache is another deployment's
     */
    public RedisCachedUsers openUsers(Deployment deployment) {
        return connected(connection -> {
            ClaimedCache.check(connection, keys, deployment, problems);
            return new RedisCachedUsers(connection, keys, deployment, problems);
        });
    }

    /**
     * Connects to look and to try, whosever cache it is.
     *
     * @param feed name of the change feed
     * @throws HotStoreException when that is not possible now
     */
    public RedisProbe probe(String feed) {
        return new RedisProbe(connect(), keys, feed);
    }

    /**
     * Removes what another deployment has left, and lets the lookups of this one use the cache: first its change feeds, which are
     * then no owner any more; then leases and users, twice, as long apart as a fill of what was read before may be in flight.
     *
     * @param claim that Redis has granted; nothing is done where it is another's by now
     * @throws HotStoreException when that is not possible now
     */
    public void clear(Claim claim) throws InterruptedException {
        StatefulRedisConnection<byte[], byte[]> connection = connect();
        try {
            ClaimedCache cache = new ClaimedCache(connection, claim);
            if (cache.isToBeCleared()) {
                KeyScan scan = new KeyScan(connection, keys);
                scan.removeFeeds(cache::keepAlive);
                scan.removeUsers(cache::keepAlive);
                Thread.sleep(FILLS_IN_FLIGHT);
                scan.removeUsers(cache::keepAlive);
                cache.cleared();
            }
        } catch (RedisException | IllegalArgumentException | UnsupportedOperationException failure) {
            throw new HotStoreException("Redis: " + problems.ofFailure(failure));
        } finally {
            var _ = connection.closeAsync();
        }
    }

    /**
     * The Redis that is to be used by now: connections to another one end, and what uses them starts over. Never blocks.
     *
     * @param addresses of it
     */
    public void primaryIs(Set<SocketAddress> addresses) {
        // First: a connection that is made at this moment finds it here, or is found below.
        named = new Named(addresses, System.nanoTime());
        open.forEach((connection, server) -> {
            if (connection instanceof StatefulRedisConnectionImpl<?, ?> && !addresses.contains(server)) {
                var _ = connection.closeAsync();
            }
        });
    }

    private <T> T connected(Function<StatefulRedisConnection<byte[], byte[]>, T> user) {
        StatefulRedisConnection<byte[], byte[]> connection = connect();
        try {
            return user.apply(connection);
        } catch (HotStoreException failure) {
            var _ = connection.closeAsync();
            throw failure;
        }
    }

    /** Tries each address of the name: one that has failed gives way to the next. */
    private StatefulRedisConnection<byte[], byte[]> connect() {
        connecting.readLock().lock();
        try {
            return connectToAnyAddress();
        } finally {
            connecting.readLock().unlock();
        }
    }

    private StatefulRedisConnection<byte[], byte[]> connectToAnyAddress() {
        int attempts = 0;
        while (true) {
            if (isClosed) {
                throw failure("the service is being stopped");
            }
            try {
                return primary(client.connect(ByteArrayCodec.INSTANCE));
            } catch (RedisException failure) {
                if (++attempts
                        >= endpoint.hosts().stream()
                                .mapToInt(HostNames.OF_PROCESS::known)
                                .max()
                                .orElse(1)) {
                    throw failure(LettuceClients.reason(failure, endpoint));
                }
            }
        }
    }

    private StatefulRedisConnection<byte[], byte[]> primary(StatefulRedisConnection<byte[], byte[]> connection) {
        Optional<String> flaw = ServerRole.flaw(connection).or(() -> whyNotNamed(connection));
        if (flaw.isPresent()) {
            RedisResources.shun(openedTo, resources);
            var _ = connection.closeAsync();
            throw new RedisException("Redis " + flaw.get());
        }
        return connection;
    }

    /** Not all Sentinels know a new primary at once. */
    private Optional<String> whyNotNamed(StatefulRedisConnection<byte[], byte[]> connection) {
        Named last = named;
        if (last == null || System.nanoTime() - last.at() > RedisLocation.Sentinels.ALL_KNOW.toNanos()) {
            return Optional.empty();
        }
        SocketAddress server = connection instanceof RedisChannelHandler<?, ?> handler ? open.get(handler) : null;
        return server == null || last.addresses().contains(server)
                ? Optional.empty()
                : Optional.of("is the primary no more, as a Sentinel says");
    }

    private HotStoreException failure(String why) {
        return new HotStoreException("cannot connect to " + endpoint + ": " + why);
    }

    /** Attempts to connect that are under way fail; none begins any more. */
    @Override
    public void close() {
        isClosed = true;
        boolean areNone = awaitAttempts();
        try {
            shutDown();
        } finally {
            if (areNone) {
                connecting.writeLock().unlock();
            }
        }
    }

    /** One that is still waiting after this time waits for the network, and registers nothing. */
    private boolean awaitAttempts() {
        try {
            return connecting.writeLock().tryLock(ATTEMPTS_END.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private void shutDown() {
        client.shutdown(0, 200, TimeUnit.MILLISECONDS);
        resources.shutdown(0, 200, TimeUnit.MILLISECONDS).awaitUninterruptibly(300, TimeUnit.MILLISECONDS);
    }
}
