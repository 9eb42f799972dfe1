package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Http;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TableLock;
import dev.hotcold.testkit.TestService;
import io.vertx.core.Future;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Many lookups of the same cold user at once; PostgreSQL counts its queries. */
class StampedeIT {

    private static final int CALLERS = 2000;
    private static final int CONNECTIONS = 700;

    /** What those get whose holder is killed: from the sending of a request, so with its way through a busy machine. */
    private static final Duration BUDGET = Duration.ofSeconds(10);

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
    void lookup_twoThousandAtThreeInstancesForOneColdId_askPostgresOnce() {
        servers.sql("INSERT INTO users_rows VALUES ('cold', 'd', 'p')");
        try (TestService first = startPatient();
                TestService second = startPatient();
                TestService third = startPatient()) {
            long before = queries();

            List<Integer> statuses = lookUp(first.port(), second.port(), third.port());

            assertThat(statuses).hasSize(CALLERS).containsOnly(200);
            assertThat(queries() - before).isEqualTo(1);
        }
    }

    /** A busy machine must not make it do without Redis. */
    private TestService startPatient() {
        return TestService.start(servers, "REQUEST_TIMEOUT_MS", "20000", "REDIS_READ_TIMEOUT_MS", "5000");
    }

    /** Each instance has a role of its own, by which PostgreSQL tells whose query it is. */
    @Test
    void lookup_leaseHolderIsKilledInTheMiddle_theOthersAnswerWithinTheBudget() {
        servers.sql("INSERT INTO users_rows VALUES ('cold', 'd', 'p')");
        List<String> roles = List.of("first", "second", "third");
        roles.forEach(
                role -> servers.sql("DROP ROLE IF EXISTS " + role + "; CREATE ROLE " + role + " SUPERUSER LOGIN"));
        Map<String, Program> programs = roles.stream().collect(Collectors.toMap(Function.identity(), this::startAs));
        try {
            Map<String, Integer> ports = new HashMap<>();
            programs.forEach((role, program) -> ports.put(role, program.awaitPort()));
            Map<String, List<Future<Answer>>> answers = new HashMap<>();
            try (var _ = TableLock.take(servers, "users_rows")) {
                ports.forEach((role, port) -> answers.put(role, send(port)));
                await().until(() -> waitingRoles().size() == 1);
                String holder = waitingRoles().getFirst();
                Objects.requireNonNull(programs.get(holder)).kill();
                answers.remove(holder);
            }

            List<Answer> all = answers.values().stream()
                    .flatMap(some -> Future.all(some).await().<Answer>list().stream())
                    .toList();

            assertThat(all)
                    .hasSize(2 * (CALLERS / 3))
                    .extracting(Answer::status)
                    .containsOnly(200);
            assertThat(all).allMatch(answer -> answer.took().compareTo(BUDGET) < 0);
        } finally {
            programs.values().forEach(Program::close);
        }
    }

    private record Answer(int status, Duration took) {}

    private Program startAs(String role) {
        Map<String, String> environment = servers.environment(role);
        environment.put("CHANGE_FEED", "off");
        environment.put("REQUEST_TIMEOUT_MS", Long.toString(BUDGET.toMillis()));
        return Program.start(environment);
    }

    private List<String> waitingRoles() {
        return servers.queryStrings("SELECT DISTINCT usename FROM pg_stat_activity"
                + " WHERE wait_event_type = 'Lock' AND usename IN ('first', 'second', 'third')");
    }

    private List<Future<Answer>> send(int port) {
        return IntStream.range(0, CALLERS / 3)
                .mapToObj(i -> {
                    long sentAt = System.nanoTime();
                    return http.send("GET", port, "/v1/users?user_id=cold")
                            .map(response ->
                                    new Answer(response.status(), Duration.ofNanos(System.nanoTime() - sentAt)));
                })
                .toList();
    }

    @Test
    void lookup_twoThousandAtOnceForAnIdThatIsNotThere_shareTheQueriesToo() {
        try (TestService service = TestService.start(servers, "REQUEST_TIMEOUT_MS", "20000")) {
            List<Integer> statuses = lookUp(service.port());

            assertThat(statuses).hasSize(CALLERS).containsOnly(404);
        }
    }

    private long queries() {
        return servers.queryLong("SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM user_queries");
    }

    private List<Integer> lookUp(int... ports) {
        List<Future<Integer>> answers = IntStream.range(0, CALLERS)
                .mapToObj(i -> http.send("GET", ports[i % ports.length], "/v1/users?user_id=cold")
                        .map(Response::status))
                .toList();
        return Future.all(answers).await().<Integer>list();
    }
}
