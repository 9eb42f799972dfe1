package dev.hotcold.app;

import static dev.hotcold.testkit.HostilePostgres.announce;
import static dev.hotcold.testkit.HostilePostgres.write;
import static dev.hotcold.testkit.HostilePostgres.writeForEver;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.HostilePostgres;
import dev.hotcold.testkit.HostileServer;
import dev.hotcold.testkit.LogLines;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonObject;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever stands in PostgreSQL's place dictates lengths, rows, iterations and notices: cached users are served meanwhile, the
 * log stays short, the reason shows, and a true PostgreSQL in its place is used again.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@ExtendWith(RealServers.class)
class HostilePostgresIT {

    private static final Duration RECOVERY = Duration.ofSeconds(15);
    private static final int LOOKUPS = 50;

    private enum Login implements HostilePostgres.Deed {
        SCRAM_ITERATIONS("asks for 2147483647 iterations of SCRAM, and 600000 are the most") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                HostilePostgres.scram(Integer.MAX_VALUE).act(in, out);
            }
        },
        SCRAM_ITERATIONS_ALLOWED("") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                HostilePostgres.scram(600_000).act(in, out);
            }
        },
        LOGIN_WITHOUT_PROOF("has not proven that it knows the password") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                write(out, 'R', 0, 0, 0, 10, 'S', 'C', 'R', 'A', 'M', '-', 'S', 'H', 'A', '-', '2', '5', '6', 0, 0);
                HostilePostgres.read(in);
                write(out, 'R', 0, 0, 0, 0);
                in.read();
            }
        },
        LOGINS_WITHOUT_END("asks for a login out of turn") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                writeForEver(out, 'R', "\0\0\0\nSCRAM-SHA-256\0\0");
            }
        },
        PARAMETERS_WITHOUT_END("messages for a login") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                writeForEver(out, 'S', "a\0b\0");
            }
        },
        LONG_ERROR("announced a message of 2147483647 bytes for a login") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                announce(out, 'E', Integer.MAX_VALUE);
                writeForEver(out, 'E', "a");
            }
        },
        NEGATIVE_LENGTH("announced a message of -1 bytes for a login") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                announce(out, 'S', -1);
                in.read();
            }
        },
        NOTHING_OF_POSTGRES("sent what belongs to no login") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                out.write("HTTP/1.1 400 Bad Request\r\n\r\n".getBytes(java.nio.charset.StandardCharsets.US_ASCII));
            }
        },
        SILENCE("") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                in.read();
            }
        };

        private final String reason;

        Login(String reason) {
            this.reason = reason;
        }
    }

    private enum Answer implements HostilePostgres.Deed {
        LONG_ROW("announced a message of 2147483643 bytes") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                announce(out, 'D', Integer.MAX_VALUE);
                writeForEver(out, 'D', "a");
            }
        },
        NEGATIVE_LENGTH("sent what is no answer to a query") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                announce(out, 'Z', Integer.MIN_VALUE);
                in.read();
            }
        },
        ZERO_LENGTH("sent what is no answer to a query") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                announce(out, '1', 0);
                in.read();
            }
        },
        LONG_ERROR("announced a message of 1073741820 bytes") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                announce(out, 'E', 1 << 30);
                writeForEver(out, 'E', "a");
            }
        },
        NOTICES_WITHOUT_END("sent more than 1000 messages that nobody asked for") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                writeForEver(out, 'N', "SNOTICE\0C00000\0Mhello\0\0");
            }
        },
        PARAMETERS_WITHOUT_END("sent more than 1000 messages that nobody asked for") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                writeForEver(out, 'S', "a\0b\0");
            }
        },
        NOTIFICATIONS_WITHOUT_END("sent more than 1000 messages that nobody asked for") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                writeForEver(out, 'A', "\0\0\0\1a\0b\0");
            }
        },
        ANOTHER_LOGIN("sent what is no answer to a query") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                write(out, 'R', 0, 0, 0, 3);
                in.read();
            }
        },
        READY_WITHOUT_END("") {
            @Override
            public void act(DataInputStream in, OutputStream out) throws IOException {
                writeForEver(out, 'Z', "I");
            }
        },
        END_AT_ONCE("") {
            @Override
            public void act(DataInputStream in, OutputStream out) {}
        };

        private final String reason;

        Answer(String reason) {
            this.reason = reason;
        }
    }

    private static FaultProxy proxy;
    private static Servers servers;
    private static TestService service;

    @BeforeAll
    static void start(Servers own) {
        servers = own;
        servers.put("alice", "app://alice", "Hi");
        proxy = FaultProxy.to(servers.postgres().port());
        service = TestService.start(
                servers,
                "DATABASE_URL",
                url(proxy.port()),
                "PG_HEALTHCHECK_PERIOD_SEC",
                "1",
                "REQUEST_TIMEOUT_MS",
                "3000");
    }

    private static String url(int port) {
        return "postgres://postgres:secret@127.0.0.1:" + port + "/postgres?sslmode=prefer";
    }

    @AfterAll
    static void stop() {
        service.close();
        proxy.close();
    }

    @ParameterizedTest
    @EnumSource
    void lookup_hostileLogin_cachedUsersAreServed(Login login) {
        awaitRecovered();
        try (HostileServer hostile = HostilePostgres.startWithLogin(login)) {
            assertCachedUsersAreServed(hostile, login.reason);
        }
        awaitRecovered();
    }

    @ParameterizedTest
    @EnumSource
    void lookup_hostileAnswers_cachedUsersAreServed(Answer answer) {
        awaitRecovered();
        try (HostileServer hostile = HostilePostgres.start(answer)) {
            assertCachedUsersAreServed(hostile, answer.reason);
        }
        awaitRecovered();
    }

    @ParameterizedTest
    @EnumSource
    void start_hostileLogin_listensAndServesCachedUsers(Login login) {
        awaitRecovered();
        try (HostileServer hostile = HostilePostgres.startWithLogin(login);
                TestService other =
                        TestService.start(servers, "DATABASE_URL", url(hostile.port()), "CHANGE_FEED", "auto")) {
            assertThat(message(other)).isEqualTo("ok:redis");
            await().atMost(RECOVERY)
                    .untilAsserted(
                            () -> assertThat(degraded(other).fieldNames()).contains("postgres", "changefeed"));
        }
    }

    @Test
    void start_hostileLoginAndTheFeedIsAMust_listens() {
        awaitRecovered();
        try (HostileServer hostile = HostilePostgres.startWithLogin(Login.SCRAM_ITERATIONS);
                TestService other =
                        TestService.start(servers, "DATABASE_URL", url(hostile.port()), "CHANGE_FEED", "on")) {
            assertThat(message(other)).isEqualTo("ok:redis");
        }
    }

    private static void assertCachedUsersAreServed(HostileServer hostile, String reason) {
        try (LogLines log = LogLines.watch()) {
            proxy.redirect(hostile.port());
            await().atMost(RECOVERY).untilAsserted(() -> {
                assertThat(degraded(service).encode()).contains("postgres").contains(reason);
            });
            for (int i = 0; i < LOOKUPS; i++) {
                assertThat(message(service)).isEqualTo("ok:redis");
                assertThat(service.lookup("nobody" + i).status()).isIn(500, 503);
            }

            assertThat(log.count()).isLessThan(200);
            // As the pauses between attempts allow, and not once for each lookup.
            assertThat(hostile.accepted()).isLessThan(200);
        } finally {
            proxy.redirect(servers.postgres().port());
        }
    }

    private static void awaitRecovered() {
        await().atMost(RECOVERY).untilAsserted(() -> {
            assertThat(message(service)).isEqualTo("ok:redis");
            assertThat(degraded(service).isEmpty()).isTrue();
            assertThat(service.lookup("nobody").status()).isEqualTo(404);
        });
    }

    private static String message(TestService of) {
        return new JsonObject(of.lookup("alice").body()).getString("message");
    }

    private static JsonObject degraded(TestService of) {
        return new JsonObject(of.manage("/readyz").body()).getJsonObject("degraded");
    }
}
