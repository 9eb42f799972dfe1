package dev.hotcold.hot.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.hot.layout.Script;
import dev.hotcold.hot.layout.UserKeys;
import dev.hotcold.log.ForeignText;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RedisProblemsTest {

    private static final Pattern CALL = Pattern.compile("redis\\.p?call\\('([A-Z]+)'");

    private final RedisProblems problems = new RedisProblems("reader", new UserKeys("a:"));

    @Test
    void commandsOfScripts_areThoseThatScriptsCall() {
        Stream<Script> scripts = Stream.of(
                Script.LEASE,
                Script.SEIZE,
                Script.FILL,
                Script.ABSENT,
                Script.TAKE_OVER,
                Script.CONTINUE,
                Script.NEXT,
                Script.BEAT,
                Script.CLAIM,
                Script.APPLY);
        assertThat(scripts.flatMap(script -> CALL.matcher(new String(script.text(), StandardCharsets.UTF_8))
                                .results())
                        .map(call -> "+" + call.group(1).toLowerCase(Locale.ROOT))
                        .distinct())
                .containsExactlyInAnyOrderElementsOf(List.of(RedisProblems.COMMANDS_OF_SCRIPTS.split(" ")));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '#',
            quoteCharacter = '~',
            value = {
                "ERR unknown command 'EVAL' # does not know EVAL",
                "ERR unknown command `EVALSHA`, # does not know EVAL",
                "ERR unknown command 'evalsha' # does not know EVAL",
                "ERR unknown command EVAL # does not know EVAL",
                "NOPERM User svc has no permissions to run the 'evalsha' command # ACL SETUSER svc +eval +evalsha",
                "NOPERM this user has no permissions to run the 'eval' command or its subcommand # ACL SETUSER reader +eval +evalsha",
                "ERR unknown command 'MGET' # replied with an error: ERR unknown command 'MGET'",
                "NOPERM this user has no permissions to run the 'evalsha' command # ACL SETUSER reader +eval +evalsha",
                "NOPERM User svc has no permissions to run the 'mget' command # may not run MGET: ACL SETUSER svc +mget",
                "NOPERM this user has no permissions to run the 'client|tracking' command # may not run CLIENT TRACKING: ACL SETUSER reader +client|tracking",
                "NOPERM this user has no permissions to access one of the keys used as arguments # ACL SETUSER reader ~a:user:* ~a:lease:{a:user:* ~a:absent:{a:user:* ~a:changefeed:*",
                "NOPERM No permissions to access a key # may not access all keys that it needs: ACL SETUSER reader ~a:user:*",
                "ERR The user executing the script can't run this command or subcommand script: 62, on @user_script:1. # ACL SETUSER reader +get +set",
                "ERR ACL failure in script: User svc has no permissions to run the 'set' command script: 62 # may not run all commands that scripts need",
                "ERR The user executing the script can't access at least one of the keys mentioned # may not access all keys",
                "ERR ACL failure in script: No permissions to access the 'x' key script: 62 # may not access all keys",
                "OOM command not allowed # replied with an error: OOM command not allowed",
            })
    void ofErrorReply_saysWhatIsMissing(String said, String part) {
        assertThat(problems.ofErrorReply(said, text -> text)).contains(part);
    }

    /** A user may be called as an error is, or a command. */
    @ParameterizedTest
    @CsvSource({
        "ERR no alice, replied with an error: ERR no …",
        "ERR, replied with an error: …",
        "ERR unknown command 'EVAL', 'does not know EVAL and EVALSHA, without which no user is cached: take the lines with"
                + " rename-command for them out of redis.conf, and restart Redis'",
    })
    void ofErrorReply_idsOfUsers_areLeftOutOfWhatIsRepeatedOnly(String said, String reason) {
        assertThat(problems.ofErrorReply(
                        said, text -> ForeignText.withoutIds(text, Set.of("ERR", "EVAL", "alice", "error")::contains)))
                .isEqualTo(reason);
    }
}
