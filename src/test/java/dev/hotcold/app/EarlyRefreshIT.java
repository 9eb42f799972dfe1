package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.time.Duration;
import org.junit.jupiter.api.Test;

/** A hot key is refreshed just before its soft TTL ends. */
class EarlyRefreshIT {

    private final Servers servers = Servers.shared();

    @Test
    void lookup_askedForAllTheTime_isAHitBeyondTheFirstTime() {
        servers.put("alice", "old", "p");
        try (TestService service = TestService.start(servers, "CACHE_TTL_SECONDS", "2", "REQUEST_TIMEOUT_MS", "2000")) {
            await().until(() -> service.lookup("alice").body().contains("ok:redis"));
            String first = servers.cached("alice");
            servers.put("alice", "new", "p");

            await().atMost(Duration.ofSeconds(10))
                    .pollDelay(Duration.ZERO)
                    .pollInterval(Duration.ofMillis(2))
                    .until(() -> {
                        Response response = service.lookup("alice");
                        assertThat(response.body())
                                .as("%s, while it was %s", response.header("Cache-Status"), first)
                                .contains("ok:redis");
                        return response.body().contains("\"new\"");
                    });

            assertThat(servers.cached("alice")).isNotEqualTo(first).contains("new");
        }
    }
}
