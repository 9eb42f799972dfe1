package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Http;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.RawHttp2Client;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TableLock;
import io.vertx.core.Future;
import java.io.UncheckedIOException;
import java.net.ConnectException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.MatchResult;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;

/** SIGTERM loses no request that was accepted. */
class ShutdownIT {

    private static final Duration LIMIT = Duration.ofSeconds(5);
    private static final int CLIENTS = 64;

    private final Servers servers = Servers.shared();

    /** The program and its ports, once it serves. */
    private record Running(Program program, int port, int managementPort) implements AutoCloseable {

        static Running start(Servers servers, String budgetMillis) {
            Map<String, String> environment = servers.environment();
            environment.put("REDIS_DIAL_TIMEOUT_MS", "2000");
            environment.put("REQUEST_TIMEOUT_MS", budgetMillis);
            Program program = Program.start(environment, "serve");
            MatchResult page = program.awaitOutput("localhost:(\\d+)/swagger/");
            MatchResult metrics = program.awaitOutput("localhost:(\\d+)/metrics");
            return new Running(program, Integer.parseInt(page.group(1)), Integer.parseInt(metrics.group(1)));
        }

        /** Waits for the end of a program that was sent SIGTERM at that time. */
        void assertEndsGracefully(long terminatedAt) {
            Program.Ended ended = program.awaitEnd();
            assertThat(ended.exitCode()).as(ended.err()).isZero();
            assertThat(Duration.ofNanos(System.nanoTime() - terminatedAt)).isLessThan(LIMIT);
        }

        @Override
        public void close() {
            program.close();
        }
    }

    @RepeatedTest(3)
    void sigterm_underLoad_answersEveryRequest() throws Exception {
        servers.put("alice", "d", "p");
        LongAdder answered = new LongAdder();
        try (Running running = Running.start(servers, "2000");
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<java.util.concurrent.Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < CLIENTS; i++) {
                int pipelined = i % 4 == 0 ? 4 : 1;
                runs.add(clients.submit(() -> sendUntilClosed(running.port(), pipelined, answered)));
            }
            await().until(() -> answered.sum() > 20_000);

            long terminatedAt = System.nanoTime();
            running.program().terminate();

            for (java.util.concurrent.Future<?> run : runs) {
                rethrow(run);
            }
            running.assertEndsGracefully(terminatedAt);
        }
    }

    /** Sends requests over one connection after the other until the port is closed; throws when one gets no response. */
    private static void sendUntilClosed(int port, int pipelined, LongAdder answered) {
        while (true) {
            RawClient client;
            try {
                client = RawClient.connect(port);
            } catch (UncheckedIOException refused) {
                assertThat(refused).hasCauseInstanceOf(ConnectException.class);
                return;
            }
            try (client) {
                sendUntilConnectionClose(client, pipelined, answered);
            }
        }
    }

    /** A request behind a response that said close has been declined, and not lost: RFC 9112, section 9.6. */
    private static void sendUntilConnectionClose(RawClient client, int pipelined, LongAdder answered) {
        while (true) {
            client.send(RawClient.request("alice").repeat(pipelined));
            for (int i = 0; i < pipelined; i++) {
                Response response = client.readResponse();
                assertThat(response.status()).isEqualTo(200);
                answered.increment();
                if (response.header("Connection").equalsIgnoreCase("close")) {
                    return;
                }
            }
        }
    }

    @Test
    void sigterm_whileALookupIsUnderWay_answersIt() {
        servers.put("alice", "d", "p");
        try (Running running = Running.start(servers, "3000");
                RawClient http1 = RawClient.connect(running.port());
                Http http2 = Http.http2()) {
            assertThat(http1.lookup("nobody").status()).isEqualTo(404);
            Future<Response> overHttp2;
            long terminatedAt;
            try (var _ = TableLock.take(servers)) {
                http1.send(RawClient.request("alice"));
                overHttp2 = http2.send("GET", running.port(), "/v1/users?user_id=bob");
                awaitQueries(2);
                terminatedAt = System.nanoTime();
                running.program().terminate();
                awaitDraining(running);
            }

            Response response = http1.readResponse();

            assertThat(response.status()).isEqualTo(200);
            assertThat(overHttp2.await().status()).isEqualTo(404);
            running.assertEndsGracefully(terminatedAt);
        }
    }

    @Test
    void sigterm_lookupThatTakesItsWholeBudget_answersItBeforeTheEnd() {
        servers.put("alice", "d", "p");
        try (Running running = Running.start(servers, "3000");
                RawClient client = RawClient.connect(running.port());
                Http http2 = Http.http2();
                var _ = TableLock.take(servers)) {
            client.send(RawClient.request("alice"));
            Future<Response> overHttp2 = http2.send("GET", running.port(), "/v1/users?user_id=bob");
            awaitQueries(2);
            long terminatedAt = System.nanoTime();

            running.program().terminate();

            assertThat(client.readResponse().status()).isEqualTo(500);
            assertThat(overHttp2.await().status()).isEqualTo(500);
            running.assertEndsGracefully(terminatedAt);
        }
    }

    @Test
    void sigterm_withIdleConnections_endsInTime() {
        try (Running running = Running.start(servers, "300");
                RawClient silent = RawClient.connect(running.port());
                RawClient used = RawClient.connect(running.port());
                Http http2 = Http.http2()) {
            assertThat(used.lookup("nobody").status()).isEqualTo(404);
            assertThat(http2.send("GET", running.port(), "/healthz").await().status())
                    .isEqualTo(200);

            long terminatedAt = System.nanoTime();
            running.program().terminate();

            running.assertEndsGracefully(terminatedAt);
            assertThat(silent.awaitCut()).isLessThan(LIMIT);
        }
    }

    private void awaitQueries(int count) {
        await().until(() -> servers.queryLong("SELECT count(*) FROM pg_stat_activity"
                        + " WHERE application_name = 'hotcold-user-api' AND wait_event_type = 'Lock'"
                        // The change feed looks at the table, too.
                        + " AND query LIKE '%= ANY%'")
                >= count);
    }

    /** It may have been sent before the announcement arrived: RFC 9113, section 6.8. */
    @Test
    void sigterm_requestThatCrossesTheGoaway_isAnswered() {
        servers.put("alice", "d", "p");
        try (Running running = Running.start(servers, "3000");
                RawHttp2Client client = RawHttp2Client.connect(running.port())) {
            client.get(1, "/v1/users?user_id=alice");
            assertThat(client.await(RawHttp2Client.HEADERS).code()).isEqualTo(200);
            long terminatedAt = System.nanoTime();
            running.program().terminate();
            client.await(RawHttp2Client.GOAWAY);

            client.get(3, "/v1/users?user_id=alice");

            assertThat(client.await(RawHttp2Client.HEADERS).code()).isEqualTo(200);
            running.assertEndsGracefully(terminatedAt);
        }
    }

    /** The management port reports it until the very end. */
    private static void awaitDraining(Running running) {
        try (Http http = Http.http1(1)) {
            await().pollInterval(Duration.ofMillis(10)).until(() -> {
                Response ready =
                        http.send("GET", running.managementPort(), "/readyz").await();
                return ready.status() == 503 && ready.body().contains("\"draining\"");
            });
        }
    }

    private static void rethrow(java.util.concurrent.Future<?> run) throws Exception {
        try {
            run.get(20, TimeUnit.SECONDS);
        } catch (ExecutionException failure) {
            throw new AssertionError("a client was let down", failure.getCause());
        }
    }
}
