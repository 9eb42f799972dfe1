package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Many ask for the same cold user at once; PostgreSQL counts how often it is asked. */
class StampedeIT {

    private static final int CALLERS = 2000;
    private static final int CONNECTIONS = 500;

    private final Servers servers = Servers.shared();
    private final Vertx vertx = Vertx.vertx();

    /** A view in the table's place counts, in a sequence, each query that reads through it. */
    @BeforeEach
    void countQueries() {
        servers.sql("""
                ALTER TABLE users RENAME TO users_rows;
                CREATE SEQUENCE user_queries;
                CREATE VIEW users AS
                    SELECT rows.* FROM users_rows AS rows
                    WHERE (SELECT nextval('user_queries')) > 0;
                """);
    }

    @AfterEach
    void stopCounting() {
        servers.sql("""
                DROP VIEW users;
                DROP SEQUENCE user_queries;
                ALTER TABLE users_rows RENAME TO users;
                """);
        vertx.close().await();
    }

    @Test
    void lookup_twoThousandAtOnceForOneColdId_asksPostgresOncePerLoopAtMost() {
        servers.sql("INSERT INTO users_rows VALUES ('cold', 'd', 'p')");
        int loops = Runtime.getRuntime().availableProcessors();
        try (TestService service = TestService.start(servers, "REQUEST_TIMEOUT_MS", "20000")) {
            long before = queries();

            List<Integer> statuses = ask(service.port());

            assertThat(statuses).hasSize(CALLERS).containsOnly(200);
            assertThat(queries() - before).isBetween(1L, (long) loops);
        }
    }

    @Test
    void lookup_twoThousandAtOnceForAnIdThatIsNotThere_shareTheQueriesToo() {
        try (TestService service = TestService.start(servers, "REQUEST_TIMEOUT_MS", "20000")) {
            List<Integer> statuses = ask(service.port());

            assertThat(statuses).hasSize(CALLERS).containsOnly(404);
        }
    }

    private long queries() {
        return servers.queryLong("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM user_queries");
    }

    private List<Integer> ask(int port) {
        HttpClient client = vertx.httpClientBuilder()
                .with(new PoolOptions().setHttp1MaxSize(CONNECTIONS).setMaxWaitQueueSize(CALLERS))
                .build();
        List<Future<Integer>> answers = IntStream.range(0, CALLERS)
                .mapToObj(i -> client.request(HttpMethod.GET, port, "127.0.0.1", "/v1/users?user_id=cold")
                        .compose(HttpClientRequest::send)
                        .compose(response -> response.body().map(body -> response.statusCode())))
                .toList();
        return Future.all(answers).timeout(30, TimeUnit.SECONDS).await().<Integer>list();
    }
}
