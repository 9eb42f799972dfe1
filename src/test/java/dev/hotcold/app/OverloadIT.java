package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Burst;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TableLock;
import dev.hotcold.testkit.TestService;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** More misses than PostgreSQL can take. */
class OverloadIT {

    private static final int IDS = 300;

    private final Servers servers = Servers.shared();

    @Test
    void lookup_moreMissesThanMayWait_areRefusedAtOnceAndHitsAreNot() {
        servers.put("alice", "d", "p");
        try (TestService service = TestService.start(servers, "PG_MAX_CONNS", "2", "PG_MAX_WAITING", "20")) {
            await().until(() -> service.lookup("alice").body().contains("ok:redis"));
            try (var _ = TableLock.take(servers)) {
                Burst burst = Burst.of(
                        service.port(),
                        IntStream.range(0, IDS).mapToObj(i -> "u" + i).toList());

                List<Response> refused = burst.answers().stream()
                        .map(Burst.Answer::response)
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
        servers.sql("INSERT INTO users SELECT 'u' || i, 'app://' || i, 'p' FROM generate_series(0, 1999) i");
        servers.sql("ALTER TABLE users RENAME TO quick; CREATE VIEW users AS"
                + " SELECT quick.* FROM (SELECT pg_sleep(0.4) OFFSET 0) wait, quick");
        try (TestService service = TestService.start(
                servers, "PG_MAX_CONNS", "2", "PG_MAX_WAITING", "10000", "REQUEST_TIMEOUT_MS", "2400")) {
            List<String> ids = IntStream.range(0, 2000).mapToObj(i -> "u" + i).toList();

            Burst burst = Burst.of(service.port(), ids);

            assertThat(burst.answers())
                    .extracting(answer -> answer.response().status())
                    .containsOnly(200, 503);
            assertThat(burst.answers())
                    .extracting(answer -> answer.response().status())
                    .contains(200, 503);
            for (int i = 0; i < ids.size(); i++) {
                Response response = burst.answers().get(i).response();
                if (response.status() == 200) {
                    assertThat(response.body()).contains("\"app://" + i + "\"");
                }
            }
        } finally {
            servers.sql("DROP VIEW users; ALTER TABLE quick RENAME TO users");
        }
    }
}
