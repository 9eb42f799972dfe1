package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Http;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.vertx.core.Future;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Many ask for the same cold user at once; PostgreSQL counts how often it is asked. */
class StampedeIT {

    private static final int CALLERS = 2000;
    private static final int CONNECTIONS = 500;

    private final Servers servers = Servers.shared();
    private final Http http = Http.http1(CONNECTIONS);

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
        http.close();
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
        List<Future<Integer>> answers = IntStream.range(0, CALLERS)
                .mapToObj(i -> http.send("GET", port, "/v1/users?user_id=cold").map(Response::status))
                .toList();
        return Future.all(answers).await().<Integer>list();
    }
}
