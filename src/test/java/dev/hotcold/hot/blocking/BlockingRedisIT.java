package dev.hotcold.hot.blocking;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.hotcold.freshness.Deployment;
import dev.hotcold.freshness.HotStoreException;
import dev.hotcold.hot.connection.RedisEndpoint;
import dev.hotcold.hot.connection.RedisLocation;
import dev.hotcold.hot.connection.RedisResources;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.testkit.LoggedWarnings;
import dev.hotcold.testkit.RedisClients;
import dev.hotcold.testkit.Servers;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections for callers that may block, on a real Redis. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class BlockingRedisIT {

    private static final Deployment DEPLOYMENT = new Deployment("7", "db", "public.users");

    private final Servers servers = Servers.shared();

    private BlockingRedis redis(RedisResources resources) {
        RedisEndpoint endpoint = new RedisEndpoint(
                new RedisLocation.Server("127.0.0.1", servers.redis().port()),
                false,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                0);
        return new BlockingRedis(endpoint, new UserKeys("blocking:"), resources);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 4})
    void close_whileOthersConnect_theyFailAndNothingElseDoes(int connecting) throws Exception {
        try (LoggedWarnings warnings = LoggedWarnings.begin();
                RedisResources resources = RedisClients.resources()) {
            for (int round = 0; round < 20; round++) {
                CountDownLatch connected = new CountDownLatch(connecting);
                Thread[] threads = new Thread[connecting];
                try (BlockingRedis redis = redis(resources)) {
                    for (int i = 0; i < connecting; i++) {
                        threads[i] = Thread.ofPlatform().start(() -> connectUntilClosed(redis, connected));
                    }
                    connected.await();
                }
                for (Thread thread : threads) {
                    thread.join();
                }
            }

            assertThat(warnings.lines()).isEmpty();
        }
    }

    private static void connectUntilClosed(BlockingRedis redis, CountDownLatch connected) {
        try {
            while (true) {
                redis.openUsers(DEPLOYMENT).close();
                connected.countDown();
            }
        } catch (HotStoreException closed) {
            // That is the end.
        }
    }

    @Test
    void openUsers_closed_saysSo() {
        try (RedisResources resources = RedisClients.resources()) {
            BlockingRedis redis = redis(resources);
            redis.close();

            assertThatThrownBy(() -> redis.openUsers(DEPLOYMENT))
                    .isInstanceOf(HotStoreException.class)
                    .hasMessageContaining("being stopped");
        }
    }
}
