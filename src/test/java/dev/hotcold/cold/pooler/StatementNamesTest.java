package dev.hotcold.cold.pooler;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class StatementNamesTest {

    private final StatementNames names = new StatementNames();

    @Test
    void replace_messagesOfOneStatement_agreeOnAName() {
        String sent = replaced(
                names,
                message('P', "0000001\0SELECT 1\0\0\0"),
                message('D', "S0000001\0"),
                message('S', ""),
                message('B', "\0" + "0000001\0\0\0"),
                message('E', "\0\0\0\0\0"),
                message('C', "S0000001\0"));

        String name = sent.substring(5, 12);
        assertThat(name).matches("[A-Za-z0-9_-]{7}").isNotEqualTo("0000001");
        assertThat(sent).doesNotContain("0000001");
        assertThat(sent.split(name, -1)).hasSize(5);
        assertThat(sent).contains("SELECT 1");
    }

    @Test
    void replace_namesOfManyStatements_stayApart() {
        Set<String> found = new HashSet<>();
        for (int i = 0; i < 70_000; i++) {
            String hex = "000" + Integer.toHexString(i).toUpperCase(java.util.Locale.ROOT);
            String name = "0".repeat(Math.max(0, 7 - hex.length())) + hex;
            String sent = replaced(names, message('P', name + "\0SELECT 1\0\0\0"));
            found.add(sent.substring(5, sent.indexOf('\0', 5)));
        }
        assertThat(found).hasSize(70_000);
    }

    @Test
    void replace_ofAnotherConnection_givesOthers() {
        ByteBuf[] parse = {message('P', "0000001\0SELECT 1\0\0\0")};

        assertThat(replaced(names, parse[0].copy())).isNotEqualTo(replaced(new StatementNames(), parse[0]));
    }

    /** Without a name, or with one that is none of a statement. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "P\0SELECT 0000001\0\0\0",
                "B0000001\0\0\0\0",
                "DP0000001\0",
                "CP0000001\0",
                "Q0000001\0",
                "P000",
                "D",
                "X"
            })
    void replace_otherMessages_leavesThemAlone(String text) {
        ByteBuf message = message(text.charAt(0), text.substring(1));
        ByteBuf before = message.copy();

        names.replace(message);

        assertThat(message).isEqualTo(before);
    }

    /** What is no message of the driver's ends somewhere. */
    @ParameterizedTest
    @ValueSource(ints = {Integer.MIN_VALUE, -1, 0, 3, Integer.MAX_VALUE})
    void replace_lengthThatIsNone_ends(int length) {
        ByteBuf message = Unpooled.buffer();
        message.writeByte('P').writeInt(length).writeBytes("0000001\0SELECT 1\0".getBytes(StandardCharsets.US_ASCII));

        names.replace(message);

        assertThat(message.readableBytes()).isPositive();
    }

    private static String replaced(StatementNames names, ByteBuf... messages) {
        ByteBuf all = Unpooled.buffer();
        List.of(messages).forEach(all::writeBytes);
        names.replace(all);
        return all.toString(StandardCharsets.ISO_8859_1);
    }

    private static ByteBuf message(char type, String body) {
        ByteBuf message = Unpooled.buffer();
        byte[] bytes = body.getBytes(StandardCharsets.ISO_8859_1);
        return message.writeByte(type).writeInt(bytes.length + 4).writeBytes(bytes);
    }
}
