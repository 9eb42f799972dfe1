package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What keeps one query from ever succeeding must not keep a service from PostgreSQL. */
class PostgresLossIT {

    private final Servers servers = Servers.shared();

    @BeforeEach
    void putUsers() {
        servers.put("alice", "d", "p");
        servers.put("bob", "d", "p");
    }

    @AfterEach
    void restoreTable() {
        servers.sql("ALTER TABLE users ALTER deeplink TYPE text USING deeplink::text");
    }

    /** A host that vanishes sends no end of a connection: only giving the connections up brings the service back. */
    @Test
    void lookup_hostBehindTheConnectionsVanished_isAnsweredOverNewOnes() {
        try (FaultProxy proxy = FaultProxy.to(servers.postgres().port());
                TestService service = TestService.start(
                        servers,
                        "DATABASE_URL",
                        "postgres://postgres@" + proxy.address() + "/postgres?sslmode=disable",
                        "PG_MAX_CONNS",
                        "2")) {
            assertThat(service.lookup("alice").status()).isEqualTo(200);
            int before = proxy.accepted();

            proxy.strand();

            assertThat(service.lookup("bob").status()).isEqualTo(500);
            await().atMost(Duration.ofSeconds(10))
                    .until(() -> service.lookup("bob").status() == 200);
            assertThat(proxy.accepted()).isGreaterThan(before);
        }
    }

    /** A table that somebody else made may hold what is no text; its ids must not hang for ever. */
    @Test
    void lookup_columnIsNoText_failsAtOnceAndRecoversWithTheColumn() {
        servers.sql("UPDATE users SET deeplink = '1'");
        servers.sql(
                "ALTER TABLE users ALTER deeplink DROP DEFAULT, ALTER deeplink TYPE integer USING deeplink::integer");
        try (TestService service = TestService.start(servers)) {
            assertThat(service.lookup("alice").status()).isEqualTo(500);
            assertThat(service.manage("/readyz").body()).contains("not of a text type");

            servers.sql("ALTER TABLE users ALTER deeplink TYPE text USING deeplink::text");

            await().atMost(Duration.ofSeconds(10))
                    .until(() -> service.lookup("alice").status() == 200);
        }
    }
}
