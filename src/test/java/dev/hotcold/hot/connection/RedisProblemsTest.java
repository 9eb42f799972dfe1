package dev.hotcold.hot.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.log.ForeignText;
import java.util.Set;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class RedisProblemsTest {

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            value = {
                "ERR unknown command 'EVAL' | does not know EVAL",
                "ERR unknown command `EVALSHA`, | does not know EVAL",
                "ERR unknown command 'evalsha' | does not know EVAL",
                "ERR unknown command EVAL | does not know EVAL",
                "NOPERM User svc has no permissions to run the 'evalsha' command | ACL SETUSER svc +eval +evalsha",
                "NOPERM this user has no permissions to run the 'eval' command or its subcommand | ACL SETUSER default +eval +evalsha",
                "ERR unknown command 'MGET' | replied with an error: ERR unknown command 'MGET'",
                "NOPERM User svc has no permissions to run the 'mget' command | replied with an error: NOPERM User svc",
                "OOM command not allowed | replied with an error: OOM command not allowed",
            })
    void ofErrorReply_saysWhatIsMissing(String said, String part) {
        assertThat(RedisProblems.ofErrorReply(said, text -> text)).contains(part);
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
        assertThat(RedisProblems.ofErrorReply(
                        said, text -> ForeignText.withoutIds(text, Set.of("ERR", "EVAL", "alice", "error")::contains)))
                .isEqualTo(reason);
    }
}
