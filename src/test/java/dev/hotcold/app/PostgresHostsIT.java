package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.DeadPort;
import dev.hotcold.testkit.Feeds;
import dev.hotcold.testkit.PostgresPair;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** DATABASE_URL names several servers: everything that connects finds the one that is to be used. */
@Timeout(value = 90, unit = TimeUnit.SECONDS)
class PostgresHostsIT {

    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static PostgresPair pair;
    private static Servers servers;

    /**
     * A server that the list names before the one that is to be used.
     *
     * @param ends what holds the port
     */
    private record Named(int port, Closeable ends) implements Closeable {

        @Override
        public void close() throws IOException {
            ends.close();
        }
    }

    private enum Before {
        NOBODY_LISTENS {
            @Override
            Named begin() throws IOException {
                try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
                    return new Named(free.getLocalPort(), () -> {});
                }
            }
        },
        PACKETS_ARE_DROPPED {
            @Override
            Named begin() {
                DeadPort dead = DeadPort.any();
                return new Named(dead.port(), dead::close);
            }
        },
        NOBODY_ANSWERS {
            @Override
            Named begin() throws IOException {
                ServerSocket silent = new ServerSocket(0, 100, InetAddress.getLoopbackAddress());
                return new Named(silent.getLocalPort(), silent);
            }
        },
        A_STANDBY {
            @Override
            Named begin() {
                return new Named(pair.second().port(), () -> {});
            }
        };

        abstract Named begin() throws IOException;
    }

    @BeforeAll
    static void start() {
        servers = Servers.start();
        pair = new PostgresPair(servers);
    }

    @AfterAll
    static void stop() {
        pair.close();
    }

    @BeforeEach
    void putAlice() {
        servers.reset();
        PostgresPair.put(pair.first(), "alice", "Hi");
        await().atMost(PATIENCE).until(pair::isReplayed);
    }

    @ParameterizedTest
    @EnumSource(Before.class)
    void severalHosts_anotherBefore_everythingFindsThePrimary(Before before) throws Exception {
        try (Named other = before.begin()) {
            for (String parameters : List.of("", "&target_session_attrs=read-write", "&load_balance_hosts=random")) {
                String url = PostgresPair.url(List.of(other.port(), pair.first().port()), parameters);
                assertEverythingWorks(pair.environment(url, "CHANGE_FEED", "on"));
            }
        }
    }

    private static void assertEverythingWorks(Map<String, String> environment) {
        Program.Ended migrated = Program.run(environment, "migrate");
        assertThat(migrated.err()).doesNotContain("error: ");
        assertThat(migrated.exitCode()).isZero();
        try (TestService service = TestService.start(environment)) {
            Feeds.awaitOwner(service);
            await().atMost(PATIENCE)
                    .untilAsserted(
                            () -> assertThat(service.lookup("alice").body()).contains("Hi"));
            await().until(() -> !servers.cached("alice").isEmpty());
            PostgresPair.put(pair.first(), "alice", "changed");
            Feeds.awaitApplied(servers);
            assertThat(service.lookup("alice").body()).contains("changed");
            assertThat(service.manage("/readyz").body()).contains("\"degraded\":{}");
            Program.Ended verified = Program.run(environment, "verify");
            assertThat(verified.err()).isEmpty();
            assertThat(verified.exitCode()).isZero();
        }
        PostgresPair.put(pair.first(), "alice", "Hi");
        servers.redisCommands().flushall();
    }
}
