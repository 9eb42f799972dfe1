package dev.hotcold.cold.driver;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.loop.AnswersInMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MessageFramingTest {

    private static final int MEGABYTE = 1 << 20;

    private final MessageFraming framing = new MessageFraming(0, new AnswersInMemory(Long.MAX_VALUE).share());

    private static ByteBuf message(char type, int length, int body) {
        return Unpooled.buffer().writeByte(type).writeInt(length).writeZero(body);
    }

    private @Nullable String read(char type, int body) {
        return framing.read(message(type, body + 4, body));
    }

    @Test
    void read_anAnswer_isFollowedWhereverItIsCut() {
        ByteBuf answer = Unpooled.wrappedBuffer(
                message('T', 30, 26), message('D', 14, 10), message('1', 4, 0), message('Z', 5, 1));
        for (int piece = 1; piece <= answer.readableBytes(); piece++) {
            for (int at = 0; at < answer.readableBytes(); at += piece) {
                assertThat(framing.read(answer.slice(at, Math.min(piece, answer.readableBytes() - at))))
                        .isNull();
            }
        }
        assertThat(framing.read(message('X', 4, 0))).isEqualTo("sent what is no answer to a query");
    }

    @ParameterizedTest
    @CsvSource({"D, 3", "D, 0", "D, -1", "Z, -2147483648", "R, 8", "G, 4", "0, 4"})
    void read_whatIsNoAnswer_isRefused(char type, int length) {
        assertThat(framing.read(message(type, length, 0))).isEqualTo("sent what is no answer to a query");
    }

    @Test
    void read_long_isRefusedBeforeItHasCome() {
        assertThat(framing.read(message('D', 8 * MEGABYTE + 4, 0))).isNull();
        assertThat(new MessageFraming(0, new AnswersInMemory(Long.MAX_VALUE).share())
                        .read(message('D', 8 * MEGABYTE + 5, 0)))
                .isEqualTo("announced a message of 8388609 bytes, and 8388608 are the most");
        assertThat(new MessageFraming(0, new AnswersInMemory(Long.MAX_VALUE).share())
                        .read(message('E', Integer.MAX_VALUE, 0)))
                .isEqualTo("announced a message of 2147483643 bytes, and 1048576 are the most");
    }

    @Test
    void read_manyRows_areBoundedTogetherUntilTheNextRequest() {
        for (int round = 0; round < 3; round++) {
            framing.asked();
            assertThat(read('D', 8 * MEGABYTE)).isNull();
            assertThat(read('D', 8 * MEGABYTE)).isNull();
        }
        assertThat(read('D', 1)).isEqualTo("answered with more than 16777216 bytes");
    }

    @Test
    void read_manyMessages_areBounded() {
        for (int i = 0; i < 20_000; i++) {
            assertThat(read('D', 2)).isNull();
        }
        assertThat(read('D', 2)).isEqualTo("answered with more than 20000 messages");
    }

    @Test
    void read_manyNotices_areBounded() {
        for (int i = 0; i < 1000; i++) {
            assertThat(read('N', 2)).isNull();
        }
        assertThat(read('A', 2)).isEqualTo("sent more than 1000 messages that nobody asked for");
    }
}
