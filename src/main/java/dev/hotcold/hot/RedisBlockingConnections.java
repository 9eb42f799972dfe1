package dev.hotcold.hot;

import dev.hotcold.freshness.ChangeSink;
import dev.hotcold.freshness.HotStoreException;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.MaintNotificationsConfig;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.SocketOptions;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Connections to Redis for whoever may block: the change feed, and the comparison of cache and database. They do not
 * reconnect: who uses one begins anew. Thread-safe.
 */
public final class RedisBlockingConnections implements AutoCloseable {

    /** The longest for one command; what is behind may block in Redis for a while. */
    private static final Duration COMMAND = Duration.ofSeconds(2);

    private static final Duration CONNECT = Duration.ofSeconds(2);

    private final RedisSettings settings;
    private final ClientResources resources;
    private final RedisClient client;

    public RedisBlockingConnections(RedisSettings settings, RedisResources shared) {
        this.settings = settings;
        this.resources = shared.dedicated();
        RedisURI uri = RedisConnection.uri(settings);
        uri.setTimeout(COMMAND);
        this.client = RedisClient.create(resources, uri);
        this.client.setOptions(ClientOptions.builder()
                .autoReconnect(false)
                .socketOptions(SocketOptions.builder().connectTimeout(CONNECT).build())
                .sslOptions(RedisConnection.tls(settings))
                .maintNotificationsConfig(MaintNotificationsConfig.disabled())
                .build());
    }

    /**
     * Connects.
     *
     * @param feed name of the feed, the same for all that take turns
     * @throws HotStoreException when that is not possible now
     */
    public ChangeSink open(String feed) {
        return new RedisChangeSink(connect(), feed);
    }

    /**
     * Connects.
     *
     * @throws HotStoreException when that is not possible now
     */
    public RedisUsers openUsers() {
        return new RedisUsers(connect());
    }

    private StatefulRedisConnection<byte[], byte[]> connect() {
        try {
            return client.connect(ByteArrayCodec.INSTANCE);
        } catch (RedisException failure) {
            throw new HotStoreException(
                    "cannot connect to " + settings + ": " + RedisConnection.problem(failure, settings));
        }
    }

    @Override
    public void close() {
        client.shutdown(0, 200, TimeUnit.MILLISECONDS);
        resources.shutdown(0, 200, TimeUnit.MILLISECONDS).awaitUninterruptibly(300, TimeUnit.MILLISECONDS);
    }
}
