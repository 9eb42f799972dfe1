package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What keeps a reply of Redis from ever coming must not keep a service from Redis, nor bury Redis in attempts. */
class RedisLossIT {

    private final Servers servers = Servers.shared();

    @BeforeEach
    void putUser() {
        servers.put("alice", "d", "p");
    }

    /** A host that vanishes sends no end of a connection: only a new connection brings the hits back. */
    @Test
    void lookup_hostBehindTheConnectionVanished_hitsAgainOverANewOne() {
        try (FaultProxy proxy = FaultProxy.to(servers.redis().port());
                TestService service =
                        TestService.start(servers, "REDIS_ADDR", proxy.address(), "REDIS_CONN_MAX_IDLE_SEC", "0")) {
            service.lookup("alice");
            await().until(() -> isHit(service));
            int before = proxy.accepted();

            proxy.strand();

            assertThat(service.lookup("alice").status()).isEqualTo(200);
            await().atMost(Duration.ofSeconds(10)).until(() -> isHit(service));
            assertThat(proxy.accepted()).isGreaterThan(before);
        }
    }

    @Test
    void lookup_redisAbsentSinceTheStart_opensNoConnectionPerLookup() throws IOException {
        try (FaultProxy proxy = FaultProxy.to(unusedPort());
                TestService service = TestService.start(servers, "REDIS_ADDR", proxy.address())) {
            long startedAt = System.nanoTime();
            int before = proxy.accepted();

            for (int i = 0; i < 2000; i++) {
                assertThat(service.lookup("alice").status()).isEqualTo(200);
            }

            long pauses = Duration.ofNanos(System.nanoTime() - startedAt).toMillis() / 200 + 2;
            long loops = Runtime.getRuntime().availableProcessors();
            assertThat(proxy.accepted() - before).isBetween(0, Math.toIntExact(pauses * loops));
        }
    }

    private static boolean isHit(TestService service) {
        return service.lookup("alice").header("Cache-Status").equals("redis; hit");
    }

    private static int unusedPort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
