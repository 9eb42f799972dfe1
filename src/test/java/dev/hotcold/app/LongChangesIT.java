package dev.hotcold.app;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.RawClient;
import dev.hotcold.testkit.Servers;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A change that is longer than the process may hold stands in the log before all later ones. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class LongChangesIT {

    @Test
    void changeLongerThanTheHeapAllows_laterChangesAreApplied() {
        try (Servers servers = Servers.start()) {
            servers.put("alice", "d", "one");
            servers.put("huge", "d", "p");
            Map<String, String> environment = servers.environment();
            environment.put("CHANGE_FEED", "on");
            environment.put("VERIFY_USERS_PER_SECOND", "0");
            try (Program program = Program.start(List.of("-Xmx64m", "-XX:+UseSerialGC"), environment)) {
                int port = program.awaitPort();
                awaitAnswer(port, "ok:redis");

                servers.sql("UPDATE users SET promo_message = repeat('x', 20000000) WHERE user_id = 'huge'");
                servers.sql("UPDATE users SET promo_message = 'two' WHERE user_id = 'alice'");

                awaitAnswer(port, "two");
                servers.sql("UPDATE users SET promo_message = 'three' WHERE user_id = 'alice'");
                awaitAnswer(port, "three");
                assertThat(program.err())
                        .contains("the slot hotcold_user_api holds a change that cannot be read; it is dropped")
                        .doesNotContain("OutOfMemory");
            }
        }
    }

    private static void awaitAnswer(int port, String words) {
        await().atMost(30, TimeUnit.SECONDS).untilAsserted(() -> {
            try (RawClient client = RawClient.connect(port)) {
                assertThat(client.lookup("alice").body()).contains(words);
            }
        });
    }
}
