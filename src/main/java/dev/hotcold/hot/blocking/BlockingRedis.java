package dev.hotcold.hot.blocking;

import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.hot.connection.LettuceClients;
import dev.hotcold.hot.connection.RedisEndpoint;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.hot.connection.ServerRole;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.names.HostNames;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.ClientResources;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Connections to Redis for callers that may block: the change feed, and the comparison of cache and database. They do not
 * reconnect: their user starts over. Thread-safe.
 */
public final class BlockingRedis implements AutoCloseable {

    /** The longest for one command; what stands before it may occupy Redis for a while. */
    private static final Duration COMMAND = Duration.ofSeconds(2);

    private static final Duration CONNECT = Duration.ofSeconds(2);

    private final RedisEndpoint endpoint;
    private final UserKeys keys;
    private final ClientResources resources;
    private final RedisClient client;

    /** Where the last connection led to; where several are made at once, maybe another's. */
    private volatile @Nullable SocketAddress openedTo;

    /** @param keys that Redis holds users under */
    public BlockingRedis(RedisEndpoint endpoint, UserKeys keys, RedisResources shared) {
        this.endpoint = endpoint;
        this.keys = keys;
        this.resources = shared.dedicated(server -> openedTo = server);
        this.client = LettuceClients.blocking(endpoint, CONNECT, COMMAND, resources);
    }

    /**
     * Connects for a change feed.
     *
     * @param feed name of the feed, the same for all instances that take turns
     * @throws HotStoreException when that is not possible now
     */
    public ChangeSink open(String feed) {
        return new RedisChangeSink(connect(), keys, feed);
    }

    /**
     * Connects for walks through all cached users.
     *
     * @throws HotStoreException when that is not possible now
     */
    public RedisCachedUsers openUsers() {
        return new RedisCachedUsers(connect(), keys);
    }

    /** Tries each address of the name: one that has failed gives way to the next. */
    private StatefulRedisConnection<byte[], byte[]> connect() {
        int attempts = 0;
        while (true) {
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
        Optional<String> flaw = ServerRole.flaw(connection);
        if (flaw.isPresent()) {
            RedisResources.shun(openedTo, resources);
            var _ = connection.closeAsync();
            throw new RedisException("Redis " + flaw.get());
        }
        return connection;
    }

    private HotStoreException failure(String why) {
        return new HotStoreException("cannot connect to " + endpoint + ": " + why);
    }

    @Override
    public void close() {
        client.shutdown(0, 200, TimeUnit.MILLISECONDS);
        resources.shutdown(0, 200, TimeUnit.MILLISECONDS).awaitUninterruptibly(300, TimeUnit.MILLISECONDS);
    }
}
