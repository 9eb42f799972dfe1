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
        assertThat(framing.read(message('D', (1 << 30) + 4, 0))).isNull();
        assertThat(new MessageFraming(0, new AnswersInMemory(Long.MAX_VALUE).share())
                        .read(message('D', (1 << 30) + 5, 0)))
                .isEqualTo("announced a message of 1073741825 bytes, and 1073741824 are the most");
        assertThat(new MessageFraming(0, new AnswersInMemory(Long.MAX_VALUE).share())
                        .read(message('E', Integer.MAX_VALUE, 0)))
                .isEqualTo("announced a message of 2147483643 bytes, and 1048576 are the most");
    }

    @Test
    void read_row_asLongAsMayBe_isKept() {
        assertThat(read('D', 8 * MEGABYTE)).isNull();

        assertThat(framing.isCut()).isFalse();
        assertThat(kept()).isEqualTo(8 * MEGABYTE + 5);
    }

    @Test
    void read_longerRow_isLeftOutAndTheOthersAreKept() {
        read('D', 10);
        read('D', 8 * MEGABYTE + 1);
        read('D', 20);
        read('Z', 1);

        assertThat(framing.isCut()).isTrue();
        assertThat(kept()).isEqualTo(10 + 20 + 1 + 3 * 5);
        assertThat(framing.rowBytes()).isEqualTo(30);
    }

    @Test
    void read_rowsBeyondWhatAnAnswerMayHave_areLeftOutUntilTheNextRequest() {
        for (int round = 0; round < 3; round++) {
            framing.asked();
            assertThat(framing.isCut()).isFalse();
            read('D', MEGABYTE / 2);
            read('D', MEGABYTE / 2);
            assertThat(framing.isCut()).isFalse();
            read('D', 1);
            read('Z', 1);
            assertThat(framing.isCut()).isTrue();
            assertThat(kept()).isEqualTo(MEGABYTE + 1 + 3 * 5);
        }
    }

    @Test
    void read_otherAnswersTakeMuch_isLeftOutAfterTheFirstRow() {
        AnswersInMemory all = new AnswersInMemory(8L * MEGABYTE);
        all.share().grown(4L * MEGABYTE);
        MessageFraming crowded = new MessageFraming(1L << 30, all.share());

        assertThat(crowded.read(message('D', MEGABYTE + 4, MEGABYTE))).isNull();
        assertThat(crowded.isCut()).isFalse();
        assertThat(crowded.read(message('D', MEGABYTE + 4, MEGABYTE))).isNull();
        assertThat(crowded.isCut()).isTrue();
    }

    /** Wherever the network cuts what is sent, the driver gets the same. */
    @Test
    void read_rowsAreLeftOut_theRestIsWholeWhereverItIsCut() {
        ByteBuf sent = Unpooled.wrappedBuffer(
                message('T', 30, 26),
                message('D', 14, 10),
                message('D', 8 * MEGABYTE + 5, 8 * MEGABYTE + 1),
                message('D', 7, 3),
                message('C', 10, 6),
                message('Z', 5, 1));
        ByteBuf expected = Unpooled.wrappedBuffer(
                message('T', 30, 26),
                message('D', 14, 10),
                message('D', 7, 3),
                message('C', 10, 6),
                message('Z', 5, 1));
        for (int piece : new int[] {1, 2, 3, 4, 5, 6, 7, 11, 64, 4096, MEGABYTE, 9 * MEGABYTE}) {
            framing.asked();
            ByteBuf got = Unpooled.buffer();
            for (int at = 0; at < sent.readableBytes(); at += piece) {
                assertThat(framing.read(sent.slice(at, Math.min(piece, sent.readableBytes() - at))))
                        .isNull();
                ByteBuf next;
                while ((next = framing.next()) != null) {
                    got.writeBytes(next);
                    next.release();
                }
            }
            assertThat(got).as("pieces of %s", piece).isEqualTo(expected);
        }
    }

    @Test
    void read_otherMessages_areBoundedTogetherUntilTheNextRequest() {
        for (int round = 0; round < 2; round++) {
            framing.asked();
            for (int i = 0; i < 16; i++) {
                assertThat(read('N', MEGABYTE)).isNull();
            }
        }
        assertThat(read('N', 1)).isEqualTo("answered with more than 16777216 bytes");
    }

    private int kept() {
        int bytes = 0;
        ByteBuf next;
        while ((next = framing.next()) != null) {
            bytes += next.readableBytes();
            next.release();
        }
        return bytes;
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
