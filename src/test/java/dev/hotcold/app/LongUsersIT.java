package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.testkit.Answer;
import dev.hotcold.testkit.Burst;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Servers;
import io.vertx.core.json.JsonObject;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Users who are long, many at once, in the heap that the image has in 256 MB. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LongUsersIT {

    private static final List<String> MEMORY = List.of("-Xmx128m", "-XX:+UseSerialGC", "-XX:+ExitOnOutOfMemoryError");
    private static final int USERS = 256;
    private static final int LENGTH = 200_000;

    @Test
    void lookup_256UsersOf200KilobytesAtOnce_areAllAnswered() {
        try (Servers servers = Servers.start()) {
            servers.sql("INSERT INTO users SELECT 'long' || i, 'app://' || i, repeat(md5(i::text), " + LENGTH / 32
                    + ") FROM generate_series(1, " + USERS + ") i");
            servers.put("small", "app://small", "small");
            Map<String, String> environment = environment(servers);
            try (Program program = Program.start(MEMORY, environment)) {
                int port = program.awaitPort();
                List<String> ids = IntStream.rangeClosed(1, USERS)
                        .mapToObj(i -> "long" + i)
                        .toList();

                for (int round = 0; round < 3; round++) {
                    assertAllAnswered(Burst.of(port, ids));
                }
                servers.redisCommands().flushall();
                assertAllAnswered(Burst.of(port, ids));

                try (RawClient client = RawClient.connect(port)) {
                    assertThat(client.lookup("small").status()).isEqualTo(200);
                }
                assertThat(program.err()).doesNotContain("OutOfMemory", "was ended, because");
            }
        }
    }

    /** Beside users that fit, and one that never does: an eighth of the heap is the most. */
    @Test
    void lookup_userLongerThanTheHeapAllows_failsAlone() {
        try (Servers servers = Servers.start()) {
            servers.sql("INSERT INTO users SELECT 'u' || i, '', 'promo' FROM generate_series(1, 50) i;"
                    + " INSERT INTO users VALUES ('huge', '', repeat('x', 20000000))");
            try (Program program = Program.start(MEMORY, environment(servers))) {
                int port = program.awaitPort();
                for (int round = 0; round < 3; round++) {
                    servers.redisCommands().flushall();
                    try (RawClient client = RawClient.connect(port)) {
                        StringBuilder requests = new StringBuilder();
                        for (int i = 1; i <= 50; i++) {
                            requests.append(request(i == 20 ? "huge" : "u" + i));
                        }
                        client.send(requests.toString());
                        for (int i = 1; i <= 50; i++) {
                            assertThat(client.readResponse().status()).isEqualTo(i == 20 ? 500 : 200);
                        }
                    }
                }
                assertThat(program.err())
                        .contains("Some users cannot be read from PostgreSQL: a row is too long")
                        .doesNotContain("huge", "PostgreSQL is degraded");
            }
        }
    }

    private static String request(String id) {
        return "GET /v1/users?user_id=" + id + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    }

    private static void assertAllAnswered(List<Answer> answers) {
        for (Answer answer : answers) {
            assertThat(answer.response().status())
                    .as(
                            "%s %s",
                            answer.userId(),
                            answer.response().status() == 200
                                    ? ""
                                    : answer.response().body())
                    .isEqualTo(200);
            JsonObject body = new JsonObject(answer.response().body());
            assertThat(body.getString("user_id")).isEqualTo(answer.userId());
            assertThat(body.getString("promo_message")).hasSize(LENGTH);
        }
    }

    private static Map<String, String> environment(Servers servers) {
        Map<String, String> environment = servers.environment();
        environment.put("CHANGE_FEED", "off");
        environment.put("VERIFY_USERS_PER_SECOND", "0");
        // The test shares its processors with others: who waits for them is not refused.
        environment.put("REQUEST_TIMEOUT_MS", "20000");
        return environment;
    }
}
