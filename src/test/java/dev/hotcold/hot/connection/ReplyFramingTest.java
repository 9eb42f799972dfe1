package dev.hotcold.hot.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.hotcold.loop.AnswersInMemory;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What Redis may send, and what ends the connection, wherever the network cuts it. */
class ReplyFramingTest {

    private static final long SECOND = 1_000_000_000L;

    private final ReplyFraming framing = new ReplyFraming(
            new ReplyLimits(100, 1000, 2000, 50, 3, new PushAllowance.Limits(40, 40, 5)),
            new AnswersInMemory(Long.MAX_VALUE).share());

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
    }

    private @Nullable String read(String text) {
        return framing.read(bytes(text), 0);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "+OK\r\n",
                "+\r\n",
                "-ERR no\r\n",
                ":0\r\n",
                ":-9223372036854775808\r\n",
                ":+7\r\n",
                "$3\r\nabc\r\n",
                "$0\r\n\r\n",
                "$-1\r\n",
                "*-1\r\n",
                "*0\r\n",
                "*2\r\n$1\r\na\r\n$-1\r\n",
                "*2\r\n*2\r\n:1\r\n*1\r\n_\r\n#t\r\n",
                "%1\r\n+a\r\n*0\r\n",
                "%0\r\n",
                "~1\r\n,nan\r\n",
                "(12345678901234567890\r\n",
                "=5\r\ntxt:a\r\n",
                "!3\r\nERR\r\n",
            })
    void read_reply_isFollowedToItsEndWhereverItIsCut(String reply) {
        for (int cut = 0; cut <= reply.length(); cut++) {
            framing.asked(2);

            assertThat(read(reply.substring(0, cut))).isNull();
            assertThat(read(reply.substring(cut))).isNull();
            assertThat(read(reply)).isNull();
        }
        assertThat(read(reply)).isEqualTo("sent a reply that no command had asked for");
    }

    @Test
    void read_whatIsRead_isLeftInTheBuffer() {
        ByteBuf buffer = bytes("$3\r\nabc\r\n");
        framing.asked(1);

        assertThat(framing.read(buffer, 0)).isNull();

        assertThat(buffer.readableBytes()).isEqualTo(9);
    }

    @ParameterizedTest
    @CsvSource(delimiter = ';', textBlock = """
                    $1001                ; announced a value of 1001 bytes, and 1000 are the most
                    $2147483647          ; announced a value of 2147483647 bytes, and 1000 are the most
                    =2147483647          ; announced a value of 2147483647 bytes, and 1000 are the most
                    *51                  ; announced a reply of more than 50 elements
                    *2147483647          ; announced a reply of more than 50 elements
                    >2147483647          ; announced a reply of more than 50 elements
                    ~9999999999          ; announced a reply of more than 50 elements
                    %26                  ; announced a reply of more than 50 elements
                    *1rn*49rn*1          ; announced a reply of more than 50 elements
                    *1rn*1rn*1rn*1       ; sent a reply of more than 3 arrays in each other
                    $99999999999         ; sent what is no reply
                    $-2                  ; sent what is no reply
                    $--1                 ; sent what is no reply
                    $?                   ; sent what is no reply
                    *?                   ; sent what is no reply
                    $                    ; sent what is no reply
                    :                    ; sent what is no reply
                    :1.5                 ; sent what is no reply
                    >-1                  ; sent what is no reply
                    =3                   ; sent what is no reply
                    >0                   ; sent a push without a kind
                    >1rn-invalidate      ; sent a push without a kind
                    >2rn+invalidatern+a  ; sent what is no reply
                    >1rn*1               ; sent a push without a kind
                    !101                 ; announced a value of 101 bytes, and 100 are the most
                    *2rn>1               ; sent a push inside of a reply
                    X1                   ; sent what is no reply
                    |1                   ; sent what is no reply
                    """)
    void read_notWhatRedisMaySend_isRefusedWhereverItIsCut(String lines, String why) {
        String text = lines.replace("rn", "\r\n") + "\r\n";
        for (int cut = 0; cut < text.length(); cut++) {
            ReplyFraming fresh = new ReplyFraming(
                    new ReplyLimits(100, 1000, 2000, 50, 3, new PushAllowance.Limits(40, 40, 5)),
                    new AnswersInMemory(Long.MAX_VALUE).share());
            fresh.asked(1);

            String first = fresh.read(bytes(text.substring(0, cut)), 0);

            assertThat(first == null ? fresh.read(bytes(text.substring(cut)), 0) : first)
                    .isEqualTo(why);
        }
    }

    @Test
    void read_aLineWithoutEnd_isRefusedAtTheLimit() {
        framing.asked(1);

        assertThat(read("+" + "a".repeat(98))).isNull();
        assertThat(read("aa")).isNull();
        assertThat(read("a")).isEqualTo("sent a line of more than 100 bytes");
    }

    @Test
    void read_aLengthWithoutEnd_isRefused() {
        framing.asked(1);

        assertThat(read("$" + "0".repeat(100_000))).isEqualTo("sent what is no reply");
    }

    @Test
    void read_manyTextsInOneReply_areBoundedTogether() {
        framing.asked(1);

        assertThat(read("*3\r\n" + ("$900\r\n" + "a".repeat(900) + "\r\n").repeat(2)))
                .isNull();
        assertThat(read("$900\r\n")).isEqualTo("sent a reply of more than 2000 bytes");
    }

    @Test
    void read_aValueThatIsLongerThanAnnounced_isRefused() {
        framing.asked(1);

        assertThat(read("$3\r\nabcde\r\n")).isEqualTo("sent a value that is longer than announced");
    }

    @Test
    void read_oneReplyTooMany_isRefused() {
        framing.asked(1);

        assertThat(read("$1\r\na\r\n$1\r\nb\r\n")).isEqualTo("sent a reply that no command had asked for");
    }

    @Test
    void read_invalidations_needNoCommandAndAreBoundedInASecond() {
        String push = ">2\r\n$10\r\ninvalidate\r\n*2\r\n$6\r\nuser:a\r\n$6\r\nuser:b\r\n";
        for (int i = 0; i < 20; i++) {
            assertThat(read(push)).isNull();
        }
        for (int i = 0; i < 20; i++) {
            assertThat(framing.read(bytes(push), SECOND)).isNull();
        }

        assertThat(framing.read(bytes(push), SECOND)).isEqualTo("sent more than 40 invalidations at once");
    }

    @ParameterizedTest
    @ValueSource(strings = {"_\r\n", "*-1\r\n", "$-1\r\n", "*0\r\n"})
    void read_invalidationOfAll_countsForMany(String all) {
        ReplyFraming generous = new ReplyFraming(
                new ReplyLimits(100, 1000, 2000, 50, 3, new PushAllowance.Limits(2500, 40, 5)),
                new AnswersInMemory(Long.MAX_VALUE).share());
        ByteBuf push = bytes(">2\r\n$10\r\ninvalidate\r\n" + all);

        assertThat(generous.read(push, 0)).isNull();
        assertThat(generous.read(push, 0)).isNull();
        assertThat(generous.read(push, 0)).isEqualTo("sent more than 2500 invalidations at once");
    }

    @ParameterizedTest
    @ValueSource(strings = {":1\r\n", "*1\r\n:1\r\n", "*1\r\n*1\r\n", "%1\r\n", "#t\r\n"})
    void read_invalidationOfWhatIsNoKey_isRefused(String keys) {
        assertThat(read(">2\r\n$10\r\ninvalidate\r\n" + keys)).isEqualTo("sent what is no reply");
    }

    @ParameterizedTest
    @ValueSource(strings = {">1\r\n+foo\r\n", ">2\r\n$10\r\ninvalidatf\r\n*0\r\n", ">1\r\n$11\r\ninvalidated\r\n"})
    void read_otherPushes_areFewInAMinute(String push) {
        for (int i = 0; i < 5; i++) {
            assertThat(read(push)).isNull();
        }

        assertThat(framing.read(bytes(push), 59 * SECOND))
                .isEqualTo("sent more than 5 pushes in a minute that the service has not asked for");
    }

    @Test
    void limits_followTheHeap() {
        assertThat(ReplyLimits.ofHeap(1L << 27).bulkBytes()).isEqualTo(16 << 20);
        assertThat(ReplyLimits.ofHeap(1L << 40).bulkBytes()).isEqualTo(64 << 20);
        assertThat(ReplyLimits.ofHeap(1).bulkBytes()).isEqualTo(8 << 20);
    }
}
