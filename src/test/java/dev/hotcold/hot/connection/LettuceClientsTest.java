package dev.hotcold.hot.connection;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.RedisException;
import java.nio.channels.ClosedChannelException;
import org.junit.jupiter.api.Test;

class LettuceClientsTest {

    /** Lettuce quotes what it was to decode as a number. */
    @Test
    void rootMessage_ofAnAnswerThatIsAUser_isWithoutIt() {
        NumberFormatException undecodable = new NumberFormatException("For input string: \"{\"user_id\":\"bob\"}\"");

        assertThat(LettuceClients.rootMessage(undecodable)).isEqualTo("answered what makes no sense");
        assertThat(LettuceClients.rootMessage(new RedisException(undecodable)))
                .isEqualTo("answered what makes no sense");
    }

    @Test
    void rootMessage_ofAConnectionThatClosed_isInWords() {
        assertThat(LettuceClients.rootMessage(new RedisException(new ClosedChannelException())))
                .isEqualTo("the connection was closed");
    }

    @Test
    void rootMessage_ofAnError_isWhatRedisSays() {
        assertThat(LettuceClients.rootMessage(new RedisException("READONLY You can't write")))
                .isEqualTo("READONLY You can't write");
    }
}
