package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.local.LocalRedis;
import dev.hotcold.testkit.Http;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Servers;
import io.lettuce.core.codec.ByteArrayCodec;
import io.lettuce.core.codec.RedisCodec;
import io.lettuce.core.codec.StringCodec;
import io.lettuce.core.output.StatusOutput;
import io.lettuce.core.protocol.CommandArgs;
import io.lettuce.core.protocol.CommandType;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A Redis that lets no script run: lookups are answered, the log stays short, and the reason says what to do, which helps. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class RedisWithoutScriptsIT {

    private static final int MISSES = 3000;
    private static final int BATCH = 20;

    /** Found nowhere else. */
    private static final String ID = "RecogniseUser-";

    private static final Duration RECOVERY = Duration.ofSeconds(20);
    private static final String[] RENAMED = {"--rename-command", "EVAL", "", "--rename-command", "EVALSHA", ""};

    @Test
    void misses_commandsAreRenamed_areAFewLinesThatSayWhatToDo() {
        try (Servers servers = Servers.startWithRedis(RENAMED);
                Program program = Program.start(environment(servers))) {
            int port = program.awaitPort();
            assertMissesAreAnswered(servers, program);

            assertThat(degraded(program))
                    .contains("does not know EVAL and EVALSHA", "rename-command")
                    .doesNotContain(ID);
            int redisPort = servers.redis().port();
            servers.redis().close();
            try (LocalRedis _ = LocalRedis.start(Path.of("target", "without-scripts"), redisPort)) {
                assertRecovers(program, port);
            }
        }
    }

    @Test
    void misses_commandsAreForbidden_areAFewLinesWhoseAdviceHelps() {
        try (Servers servers = Servers.start();
                Program program = Program.start(environment(servers))) {
            int port = program.awaitPort();
            acl(servers, "ACL SETUSER default -eval -evalsha");
            assertMissesAreAnswered(servers, program);

            Matcher advice =
                    Pattern.compile("ACL SETUSER \\S+ \\+eval \\+evalsha").matcher(degraded(program));
            assertThat(advice.find()).isTrue();
            acl(servers, advice.group());
            assertRecovers(program, port);
        }
    }

    private static void assertMissesAreAnswered(Servers servers, Program program) {
        servers.sql("INSERT INTO users SELECT '" + ID + "' || i, '', '' FROM generate_series(1, " + MISSES + ") i");
        try (RawClient client = RawClient.connect(program.awaitPort())) {
            for (int first = 1; first <= MISSES; first += BATCH) {
                for (int i = first; i < first + BATCH; i++) {
                    client.send("GET /v1/users?user_id=" + ID + i + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
                }
                for (int i = first; i < first + BATCH; i++) {
                    assertThat(client.readResponse().status()).isEqualTo(200);
                }
            }
        }
        List<String> lines = program.err()
                .lines()
                .filter(line -> line.contains("WARN") || line.contains("ERROR") || line.contains("recovered"))
                .toList();
        assertThat(lines).hasSizeLessThan(8);
        assertThat(program.err()).contains("Redis (leases) is degraded: ").doesNotContain(ID);
    }

    private static void assertRecovers(Program program, int port) {
        await().atMost(RECOVERY).untilAsserted(() -> {
            try (RawClient client = RawClient.connect(port)) {
                client.lookup(ID + 1);
                assertThat(client.lookup(ID + 1).body()).contains("ok:redis");
            }
            assertThat(degraded(program)).doesNotContain("redis");
        });
    }

    private static String degraded(Program program) {
        int port =
                Integer.parseInt(program.awaitOutput("localhost:(\\d+)/metrics").group(1));
        try (Http http = Http.http1(1)) {
            return new JsonObject(http.send("GET", port, "/readyz").await().body())
                    .getJsonObject("degraded")
                    .encode();
        }
    }

    private static void acl(Servers servers, String command) {
        RedisCodec<String, byte[]> codec = RedisCodec.of(StringCodec.UTF8, ByteArrayCodec.INSTANCE);
        CommandArgs<String, byte[]> arguments = new CommandArgs<>(codec);
        Arrays.stream(command.split(" ")).skip(1).forEach(arguments::add);
        assertThat(servers.redisCommands().dispatch(CommandType.ACL, new StatusOutput<>(codec), arguments))
                .isEqualTo("OK");
    }

    private static Map<String, String> environment(Servers servers) {
        Map<String, String> environment = servers.environment();
        environment.put("CHANGE_FEED", "off");
        environment.put("VERIFY_USERS_PER_SECOND", "0");
        environment.put("REQUEST_TIMEOUT_MS", "5000");
        return environment;
    }
}
