package dev.hotcold.hot.blocking;

import dev.hotcold.hot.connection.LettuceClients;
import dev.hotcold.hot.connection.RedisEndpoint;
import dev.hotcold.hot.connection.RedisLocation;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.names.HostNames;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.pubsub.RedisPubSubAdapter;
import io.lettuce.core.pubsub.StatefulRedisPubSubConnection;
import io.lettuce.core.resource.ClientResources;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hears {@code +switch-master} from each Sentinel: in a failover that an operator asks for, the former primary says for some eight
 * seconds that it is one. Without Sentinels it does nothing. Thread-safe; connects on a thread of its own.
 *
 * @see <a href="https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/#pubsub-messages">Pub/Sub messages</a>
 */
public final class SentinelWatch implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(SentinelWatch.class);

    private static final String CHANNEL = "+switch-master";

    /** Name, former host and port, host and port of the new primary. */
    private static final int WORDS = 5;

    private static final Duration CONNECT = Duration.ofSeconds(2);
    private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);

    private final RedisEndpoint endpoint;
    private final RedisResources shared;
    private final List<Consumer<Set<SocketAddress>>> listeners = new CopyOnWriteArrayList<>();
    private final CountDownLatch closed = new CountDownLatch(1);

    /** Has not connected yet. */
    public SentinelWatch(RedisEndpoint endpoint, RedisResources shared) {
        this.endpoint = endpoint;
        this.shared = shared;
    }

    /**
     * Adds who is to hear.
     *
     * @param listener gets the addresses of each new primary, from each Sentinel, on any thread; must not block
     */
    public void onPrimary(Consumer<Set<SocketAddress>> listener) {
        listeners.add(listener);
    }

    /** Begins to listen. */
    public void start() {
        if (endpoint.location() instanceof RedisLocation.Sentinels sentinels) {
            Thread.ofVirtual().name("sentinels").start(() -> listen(sentinels.primary()));
        }
    }

    private void listen(String name) {
        ClientResources resources = shared.dedicated(_ -> {});
        RedisClient client = LettuceClients.blocking(endpoint, CONNECT, CONNECT, resources);
        List<Sentinel> sentinels = LettuceClients.sentinels(endpoint, CONNECT).stream()
                .map(address -> new Sentinel(client, address, name))
                .toList();
        try {
            do {
                sentinels.forEach(Sentinel::listen);
            } while (!closed.await(BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS));
        } catch (InterruptedException end) {
            Thread.currentThread().interrupt();
        } finally {
            client.shutdown(0, 200, TimeUnit.MILLISECONDS);
            var _ = resources.shutdown(0, 200, TimeUnit.MILLISECONDS);
        }
    }

    /** One of them. Confined to: the thread that listens. */
    private final class Sentinel {

        private final RedisClient client;
        private final RedisURI address;
        private final String name;
        private @Nullable StatefulRedisPubSubConnection<String, String> connection;
        private boolean hasSubscribed;
        private boolean isTold;

        Sentinel(RedisClient client, RedisURI address, String name) {
            this.client = client;
            this.address = address;
            this.name = name;
        }

        /** Connects and subscribes, where that is not done; what is refused is tried again, and told once. */
        void listen() {
            if (connection != null && connection.isOpen() && hasSubscribed) {
                return;
            }
            hasSubscribed = false;
            StatefulRedisPubSubConnection<String, String> opened;
            try {
                opened = connected();
            } catch (RedisException unreachable) {
                LOG.debug("A Sentinel cannot be reached", unreachable);
                return;
            }
            try {
                opened.sync().subscribe(CHANNEL);
                hasSubscribed = true;
                isTold = false;
            } catch (RedisException refused) {
                if (!isTold) {
                    isTold = true;
                    LOG.warn(
                            "The Sentinel {}:{} does not let +switch-master be heard, so that a failover is noticed seconds later: {}",
                            address.getHost(),
                            address.getPort(),
                            LettuceClients.rootMessage(refused));
                }
            }
        }

        private StatefulRedisPubSubConnection<String, String> connected() {
            StatefulRedisPubSubConnection<String, String> former = connection;
            if (former != null && former.isOpen()) {
                return former;
            }
            StatefulRedisPubSubConnection<String, String> fresh = client.connectPubSub(StringCodec.UTF8, address);
            fresh.addListener(new RedisPubSubAdapter<>() {
                @Override
                public void message(String channel, String message) {
                    heard(message, name);
                }
            });
            connection = fresh;
            return fresh;
        }
    }

    private void heard(String message, String name) {
        String[] words = message.split(" ", -1);
        if (words.length != WORDS || !words[0].equals(name) || !words[WORDS - 1].matches("[0-9]{1,5}")) {
            return;
        }
        String host = words[WORDS - 2];
        int port = Integer.parseInt(words[WORDS - 1]);
        LOG.info("Redis: the Sentinels have made {}:{} the primary", host, port);
        var _ = HostNames.OF_PROCESS.resolve(host).thenAccept(found -> {
            Set<SocketAddress> primary = found.stream()
                    .map(address -> new InetSocketAddress(address, port))
                    .collect(Collectors.toUnmodifiableSet());
            listeners.forEach(listener -> listener.accept(primary));
        });
    }

    /** Listens no more. */
    @Override
    public void close() {
        closed.countDown();
    }
}
