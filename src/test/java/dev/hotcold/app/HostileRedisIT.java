package dev.hotcold.app;

import static dev.hotcold.testkit.HostileRedis.write;
import static dev.hotcold.testkit.HostileRedis.writeForEver;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.FaultProxy;
import dev.hotcold.testkit.HostileRedis;
import dev.hotcold.testkit.HostileServer;
import dev.hotcold.testkit.LogLines;
import dev.hotcold.testkit.RealServers;
import dev.hotcold.testkit.Response;
import dev.hotcold.testkit.Servers;
import dev.hotcold.testkit.TestService;
import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Whatever stands in Redis' place dictates lengths, lines, pushes and answers: lookups are answered by PostgreSQL meanwhile,
 * the log stays short, the reason shows, and a true Redis in its place is used again.
 */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
@ExtendWith(RealServers.class)
class HostileRedisIT {

    private static final Duration RECOVERY = Duration.ofSeconds(10);
    private static final int LOOKUPS = 30;

    private enum Deed implements HostileRedis.Deed {
        LONG_VALUE_ANNOUNCED("announced a value of 2147483647 bytes") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                write(out, "*1\r\n$2147483647\r\nabc");
            }
        },
        LONG_REPLY_ANNOUNCED("announced a reply of more than 100000 elements") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                write(out, "*2147483647\r\n");
            }
        },
        LONG_MAP_ANNOUNCED("announced a reply of more than 100000 elements") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                write(out, "%2147483647\r\n");
            }
        },
        LONG_PUSH_ANNOUNCED("announced a reply of more than 100000 elements") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                write(out, ">2147483647\r\n");
            }
        },
        NESTED("arrays in each other") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                write(out, "*1\r\n".repeat(100_000));
            }
        },
        LINE_WITHOUT_END("sent a line of more than 8192 bytes") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                write(out, "+");
                writeForEver(out, "a");
            }
        },
        ERROR_WITHOUT_END("sent a line of more than 8192 bytes") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                write(out, "-ERR ");
                writeForEver(out, "a");
            }
        },
        PUSHES_WITHOUT_END("pushes in a minute that the service has not asked for") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                writeForEver(out, ">3\r\n$3\r\nfoo\r\n$3\r\nbar\r\n:1\r\n");
            }
        },
        INVALIDATIONS_WITHOUT_END("invalidations at once") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                writeForEver(out, ">2\r\n$10\r\ninvalidate\r\n*1\r\n$6\r\nuser:a\r\n");
            }
        },
        FLUSHES_WITHOUT_END("invalidations at once") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                writeForEver(out, ">2\r\n$10\r\ninvalidate\r\n_\r\n");
            }
        },
        NO_INVALIDATIONS("sent what is no reply") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                writeForEver(out, ">2\r\n$10\r\ninvalidate\r\n*1\r\n:1\r\n");
            }
        },
        ATTRIBUTE("sent what is no reply") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                write(out, "|1\r\n+a\r\n+b\r\n*1\r\n$-1\r\n");
            }
        },
        STREAMED_TEXT("sent what is no reply") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                write(out, "$?\r\n;4\r\nabcd\r\n;0\r\n");
            }
        },
        REPLIES_TOO_MANY("sent a reply that no command had asked for") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                writeForEver(out, "*1\r\n$-1\r\n");
            }
        },
        ANOTHER_USER("") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                String value = "{\"user_id\":\"bob\",\"deeplink\":\"d\",\"promo_message\":\"p\"}";
                write(out, "*1\r\n$" + value.length() + "\r\n" + value + "\r\n");
            }
        },
        TOO_FEW_VALUES("replied with") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                write(out, "*0\r\n");
            }
        },
        UNKNOWN_LEASE("the lease script was answered by 7") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                write(out, words.getFirst().equals("MGET") ? "*1\r\n$-1\r\n" : "*1\r\n:7\r\n");
            }
        },
        DAMAGED_FOR_EVER("the lease script was answered by a value that it was told is damaged") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                write(out, words.getFirst().equals("MGET") ? "*1\r\n$-1\r\n" : "*1\r\n$1\r\n{\r\n");
            }
        },
        LONG_ERROR("replied with an error: ERR aaaa") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                write(out, "-ERR " + "a".repeat(8000) + "\r\n");
            }
        },
        DRIPPING("no reply in time") {
            @Override
            public void answer(List<String> words, OutputStream out) throws IOException {
                for (char next : "$1000000\r\n".repeat(5).toCharArray()) {
                    write(out, String.valueOf(next));
                    java.util.concurrent.locks.LockSupport.parkNanos(100_000_000);
                }
            }
        };

        private final String reason;

        Deed(String reason) {
            this.reason = reason;
        }
    }

    private enum Login implements HostileRedis.Deed {
        LONG_REPLY("*2147483647\r\n"),
        LONG_MAP("%2147483647\r\n"),
        LONG_VALUE("$2147483647\r\n"),
        STATUS("+OK\r\n"),
        NUMBER(":1\r\n"),
        MAP_OF_NOTHING("%0\r\n"),
        ODD_SHAPE("%2\r\n+proto\r\n*1\r\n:3\r\n:1\r\n$-1\r\n");

        private final String answer;

        Login(String answer) {
            this.answer = answer;
        }

        @Override
        public void answer(List<String> words, OutputStream out) throws IOException {
            write(out, answer);
        }
    }

    private static FaultProxy proxy;
    private static Servers servers;
    private static TestService service;

    @BeforeAll
    static void start(Servers own) {
        servers = own;
        servers.put("alice", "app://alice", "Hi");
        proxy = FaultProxy.to(servers.redis().port());
        service = TestService.start(
                servers, "REDIS_ADDR", proxy.address(), "NEAR_CACHE_ENTRIES", "100", "REQUEST_TIMEOUT_MS", "3000");
    }

    @AfterAll
    static void stop() {
        service.close();
        proxy.close();
    }

    @ParameterizedTest
    @EnumSource
    void lookup_hostileRedis_isAnsweredByPostgres(Deed deed) {
        awaitRecovered();
        try (HostileServer hostile = HostileRedis.start(deed);
                LogLines log = LogLines.watch()) {
            proxy.redirect(hostile.port());

            await().atMost(RECOVERY).untilAsserted(() -> {
                assertThat(service.lookup("alice").status()).isEqualTo(200);
                assertThat(degraded().encode()).contains(deed.reason);
            });
            assertAnswered();

            assertThat(log.count()).isLessThan(200);
            assertThat(degraded().encode()).hasSizeLessThan(5000);
            // Each of the loops connects again, and none of them at once for ever.
            assertThat(hostile.accepted()).isLessThan(100);
        } finally {
            proxy.redirect(servers.redis().port());
        }
        awaitRecovered();
    }

    @ParameterizedTest
    @EnumSource
    void lookup_hostileLogin_isAnsweredByPostgres(Login login) {
        awaitRecovered();
        try (HostileServer hostile = HostileRedis.startWithLogin(login);
                LogLines log = LogLines.watch()) {
            proxy.redirect(hostile.port());
            await().atMost(RECOVERY).until(() -> hostile.accepted() > 1);

            assertAnswered();

            assertThat(log.count()).isLessThan(200);
        } finally {
            proxy.redirect(servers.redis().port());
        }
        awaitRecovered();
    }

    private static void assertAnswered() {
        for (int i = 0; i < LOOKUPS; i++) {
            Response response = service.lookup("alice");
            assertThat(response.status()).isEqualTo(200);
            assertThat(new JsonObject(response.body()).getString("deeplink")).isEqualTo("app://alice");
        }
    }

    private static void awaitRecovered() {
        await().atMost(RECOVERY).untilAsserted(() -> {
            assertThat(new JsonObject(service.lookup("alice").body()).getString("message"))
                    .isEqualTo("ok:redis");
            assertThat(degraded().isEmpty()).isTrue();
        });
    }

    private static JsonObject degraded() {
        return new JsonObject(service.manage("/readyz").body()).getJsonObject("degraded");
    }
}
