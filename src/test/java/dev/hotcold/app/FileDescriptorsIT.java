package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Http;
import dev.hotcold.testkit.Outages;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A process that may open few files, under clients that open as many connections as they can. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class FileDescriptorsIT {

    private static final int FILES = 320;

    @ParameterizedTest
    @ValueSource(strings = {"auto", "off"})
    void clients_holdingAllConnections_leaveStoresAndManagementTheirs(String ioUring) {
        try (Outages outages = new Outages(Servers.start())) {
            Servers servers = outages.servers();
            servers.put("alice", "app://alice", "Hi");
            Map<String, String> environment = servers.environment();
            environment.put("IO_URING", ioUring);
            environment.put("HTTP_IDLE_TIMEOUT_SEC", "0");
            environment.put("HTTP_READ_TIMEOUT_SEC", "0");
            try (Program program = Program.startWithFiles(FILES, environment);
                    Clients clients = new Clients()) {
                int port = program.awaitPort();
                assertThat(program.err())
                        .contains("HTTP_MAX_CONNECTIONS is 20000, but no more than ")
                        .contains("open " + FILES + " files", "ulimit -n", "LimitNOFILE=");
                RawClient held = clients.connect(port);
                assertThat(held.lookup("alice").status()).isEqualTo(200);

                for (int i = 0; i < 2 * FILES; i++) {
                    clients.connect(port);
                }
                int managementPort = Integer.parseInt(
                        program.awaitOutput("localhost:(\\d+)/metrics").group(1));
                outages.killRedis();
                await().until(() -> manage(managementPort, "/readyz").body().contains("\"redis\""));
                outages.startRedis();

                await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
                    Response ready = manage(managementPort, "/readyz");
                    assertThat(ready.status()).isEqualTo(200);
                    assertThat(ready.body()).contains("\"degraded\":{}");
                });
                await().until(() -> held.lookup("alice").body().contains("ok:redis"));
                assertThat(manage(managementPort, "/metrics").status()).isEqualTo(200);
                assertThat(program.err().lines().count()).isLessThan(30);
                assertThat(program.err()).doesNotContain("Too many open files");
            }
        }
    }

    private static Response manage(int port, String target) {
        try (Http http = Http.http1(1)) {
            return http.send("GET", port, target).await();
        }
    }

    /** Connections that are held, whether they are served or refused. */
    private static final class Clients implements AutoCloseable {

        private final Deque<RawClient> held = new ArrayDeque<>();

        RawClient connect(int port) {
            try {
                RawClient client = RawClient.connect(port);
                held.add(client);
                return client;
            } catch (UncheckedIOException refused) {
                return held.getFirst();
            }
        }

        @Override
        public void close() {
            held.forEach(RawClient::close);
        }
    }
}
