package dev.hotcold.app.cached;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.hot.layout.Script;
import dev.hotcold.testkit.Program;
import dev.hotcold.testkit.Servers;
import io.lettuce.core.ScriptOutputType;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Users removed from Redis by hand. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class InvalidateIT {

    private static final String OTHERS_MARK =
            "{\"system\":\"1\",\"database\":\"other\",\"table\":\"public.users\",\"layout\":1}";

    private final Servers servers = Servers.shared();

    private void set(String key, String value) {
        servers.redisCommands().set(key, value.getBytes(StandardCharsets.UTF_8));
    }

    private boolean isThere(String key) {
        return servers.redisCommands().exists(key) == 1;
    }

    private Program.Ended invalidate(String... arguments) {
        return Program.run(
                servers.environment(),
                Stream.concat(Stream.of("invalidate"), Stream.of(arguments)).toArray(String[]::new));
    }

    /** What a lookup does that has read the user before: it fills, if its lease still stands. */
    private long fill(String id, String token) {
        Long stored = servers.redisCommands()
                .eval(
                        new String(Script.FILL.text(), StandardCharsets.UTF_8),
                        ScriptOutputType.INTEGER,
                        new String[] {"user:" + id, "lease:{user:" + id + "}"},
                        token.getBytes(StandardCharsets.UTF_8),
                        "old".getBytes(StandardCharsets.UTF_8),
                        "60000".getBytes(StandardCharsets.UTF_8));
        return stored;
    }

    @Test
    void invalidate_ids_areRemovedAndSaidWhetherTheyWereCached() {
        set("user:alice", "{}");
        set("absent:{user:nobody}", "1");
        set("user:other", "{}");

        Program.Ended ended = invalidate("alice", "bob", "nobody");

        assertThat(ended.out()).as(ended.err()).isEqualTo("alice: removed\nbob: was not cached\nnobody: removed\n");
        assertThat(ended.exitCode()).isZero();
        assertThat(isThere("user:alice") || isThere("absent:{user:nobody}")).isFalse();
        assertThat(isThere("user:other")).isTrue();
    }

    @Test
    void invalidate_fillThatIsUnderWay_isDroppedAndAHoldStays() {
        set("lease:{user:alice}", "token");
        set("lease:{user:held}", "hold");

        Program.Ended one = invalidate("alice", "held");

        assertThat(one.exitCode()).as(one.err()).isZero();
        assertThat(fill("alice", "token")).isZero();
        assertThat(isThere("lease:{user:held}")).isTrue();

        set("lease:{user:alice}", "token");
        Program.Ended all = invalidate("--all", "--yes");

        assertThat(all.exitCode()).as(all.err()).isZero();
        assertThat(fill("alice", "token")).isZero();
        assertThat(isThere("lease:{user:held}")).isTrue();
    }

    @Test
    void invalidate_all_removesOwnKeysOnly() {
        for (int i = 0; i < 2500; i++) {
            set("user:u" + i, "{}");
        }
        set("absent:{user:nobody}", "1");
        set("a:user:alice", "{}");
        set("session:alice", "x");
        set("user:with:colons", "x");

        Program.Ended ended = invalidate("--all", "--yes");

        assertThat(ended.out()).as(ended.err()).isEqualTo("removed 2501 users\n");
        assertThat(servers.redisCommands().keys("*"))
                .contains("a:user:alice", "session:alice", "user:with:colons")
                .noneMatch(key -> key.startsWith("user:u") || key.startsWith("absent:"));
    }

    @Test
    void invalidate_allUnderAPrefix_removesThatPrefixOnly() {
        Map<String, String> environment = servers.environment();
        environment.put("REDIS_KEY_PREFIX", "a:");
        set("a:user:alice", "{}");
        set("user:alice", "{}");

        Program.Ended ended = Program.run(environment, "invalidate", "--all", "--yes");

        assertThat(ended.out()).as(ended.err()).isEqualTo("removed 1 users\n");
        assertThat(servers.redisCommands().keys("*")).containsExactly("user:alice");
    }

    @Test
    void invalidate_all_asksFirst() {
        set("user:alice", "{}");

        Program.Ended no = Program.runWithInput("no\n", servers.environment(), "invalidate", "--all");
        Program.Ended nobody = Program.runWithInput("", servers.environment(), "invalidate", "--all");

        assertThat(no.err()).contains("Remove all users of redis://127.0.0.1:", "Type yes: ", "nothing was removed");
        assertThat(no.exitCode()).isEqualTo(1);
        assertThat(nobody.exitCode()).isEqualTo(1);
        assertThat(isThere("user:alice")).isTrue();

        Program.Ended yes = Program.runWithInput("yes\n", servers.environment(), "invalidate", "--all");

        assertThat(yes.out()).as(yes.err()).contains("removed 1 users");
        assertThat(isThere("user:alice")).isFalse();
    }

    @Test
    void invalidate_cacheOfAnotherDeployment_isLeftAlone() {
        set("user:#deployment", OTHERS_MARK);
        set("user:alice", "{}");

        Program.Ended one = invalidate("alice");
        Program.Ended all = invalidate("--all", "--yes");

        assertThat(one.exitCode()).isEqualTo(1);
        assertThat(one.err()).contains("error: Redis: has the cache of public.users in database other");
        assertThat(all.exitCode()).isEqualTo(1);
        assertThat(isThere("user:alice")).isTrue();
    }

    @Test
    void invalidate_wrongArguments_areExitCodeTwo() {
        assertThat(invalidate().exitCode()).isEqualTo(2);
        assertThat(invalidate("--all", "alice").exitCode()).isEqualTo(2);
        Program.Ended malformed = invalidate("no id");

        assertThat(malformed.exitCode()).isEqualTo(2);
        assertThat(malformed.err()).contains("'no id' is no user_id: 1 to 20 letters, digits, _ and -");
    }
}
