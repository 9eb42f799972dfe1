package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Answer;
import dev.hotcold.testkit.Burst;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.SteadyLoad;
import dev.hotcold.testkit.TableLock;
import dev.hotcold.testkit.TestService;
import java.time.Duration;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** More misses than PostgreSQL can take. */
class OverloadIT {

    private static final int IDS = 1500;

    private final Servers servers = Servers.shared();

    @Test
    void lookup_moreMissesThanMayWait_areRefusedAtOnceAndHitsAreNot() {
        servers.put("alice", "d", "p");
        // One connection, so 256 wait beside a query of 256 at most.
        try (TestService service = TestService.start(servers, "PG_MAX_CONNS", "1", "REQUEST_TIMEOUT_MS", "2400")) {
            await().until(() -> service.lookup("alice").body().contains("ok:redis"));
            try (var _ = TableLock.take(servers)) {
                List<Answer> burst = Burst.of(service.port(), ids(0, IDS));

                List<Response> refused = burst.stream()
                        .map(Answer::response)
                        .filter(response -> response.status() == 503)
                        .toList();
                assertThat(refused).hasSizeGreaterThan(IDS / 2);
                assertThat(refused).allSatisfy(response -> {
                    assertThat(response.header("Retry-After")).isEqualTo("1");
                    assertThat(response.body()).startsWith("{\"code\":503,\"message\":\"unavailable\"");
                });
                assertThat(service.lookup("alice").body()).contains("ok:redis");
            }
        }
    }

    @Test
    void lookup_waitedLongWhileOthersWereServed_isRefusedAndTheOthersAreFound() {
        servers.sql("INSERT INTO users SELECT 'u' || i, 'app://' || i, 'p' FROM generate_series(0, 399) i");
        // Longer than the third of the budget that a read waits while others are served.
        servers.sql("ALTER TABLE users RENAME TO quick; CREATE VIEW users AS"
                + " SELECT quick.* FROM (SELECT pg_sleep(0.9) OFFSET 0) wait, quick");
        try (TestService service = TestService.start(servers, "PG_MAX_CONNS", "2", "REQUEST_TIMEOUT_MS", "2400")) {
            // Fewer than may wait, so that none is refused for their number.
            List<String> ids = ids(0, 400);

            List<Answer> burst = Burst.of(service.port(), ids);

            assertThat(burst).extracting(answer -> answer.response().status()).containsOnly(200, 503);
            assertThat(burst).extracting(answer -> answer.response().status()).contains(200, 503);
            for (int i = 0; i < ids.size(); i++) {
                Response response = burst.get(i).response();
                if (response.status() == 200) {
                    assertThat(response.body()).contains("\"app://" + i + "\"");
                } else {
                    assertThat(burst.get(i).took()).isGreaterThan(Duration.ofMillis(500));
                }
            }
        } finally {
            servers.sql("DROP VIEW users; ALTER TABLE quick RENAME TO users");
        }
    }

    /** A query of as many ids as there may be takes far longer than the budget here, so that none would be answered. */
    @Test
    void lookup_eachIdCostsPostgresMuch_nearlyAllAreAnsweredOrRefusedInTime() {
        servers.sql("ALTER TABLE users RENAME TO quick; CREATE VIEW users AS"
                + " SELECT * FROM quick WHERE pg_sleep(0.005)::text IS NOT NULL");
        servers.sql("INSERT INTO quick SELECT 'u' || i, 'app://' || i, 'p' FROM generate_series(0, 9999) i");
        try (TestService service = TestService.start(servers, "PG_MAX_CONNS", "2");
                SteadyLoad load = SteadyLoad.begin(service.port(), 1000, i -> "u" + i)) {
            // The first ones find out what queries cost.
            await().until(() -> load.answers().size() > 1000);
            long learntAt = System.nanoTime();
            await().until(() -> load.answeredSince(learntAt) > 2000);

            List<Answer> answers = load.end().stream()
                    .filter(answer -> answer.dueAt() >= learntAt)
                    .toList();

            assertThat(answers).extracting(Answer::status).contains(200, 503);
            assertThat(answers.stream().filter(answer -> answer.status() == 500).count())
                    .isLessThan(answers.size() / 10);
        } finally {
            servers.sql("DROP VIEW users; ALTER TABLE quick RENAME TO users");
        }
    }

    private static List<String> ids(int from, int to) {
        return IntStream.range(from, to).mapToObj(i -> "u" + i).toList();
    }
}
