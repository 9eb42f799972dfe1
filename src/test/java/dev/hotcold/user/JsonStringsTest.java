package dev.hotcold.user;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

class JsonStringsTest {

    /** Every sequence of three bytes that begins with a lead byte of UTF-8, against the JDK's decoder. */
    @Test
    void endOfText_everyMultibyteStart_agreesWithTheDecoder() {
        byte[] text = new byte[4];
        text[3] = '"';
        for (int lead = 0x80; lead <= 0xFF; lead++) {
            for (int second = 0x20; second <= 0xFF; second++) {
                for (int third = 0x7E; third <= 0xC1; third++) {
                    text[0] = (byte) lead;
                    text[1] = (byte) second;
                    text[2] = (byte) third;
                    if (second != '"' && second != '\\') {
                        assertAgreement(text, 3);
                    }
                }
            }
        }
    }

    @Test
    void endOfText_everyFourByteStart_agreesWithTheDecoder() {
        byte[] text = new byte[5];
        text[4] = '"';
        for (int lead = 0xEE; lead <= 0xFF; lead++) {
            for (int second = 0x7E; second <= 0xC1; second++) {
                for (int third = 0x7E; third <= 0xC1; third++) {
                    for (int fourth : new int[] {0x41, 0x7F, 0x80, 0x9A, 0xBF, 0xC0}) {
                        text[0] = (byte) lead;
                        text[1] = (byte) second;
                        text[2] = (byte) third;
                        text[3] = (byte) fourth;
                        assertAgreement(text, 4);
                    }
                }
            }
        }
    }

    @Test
    void endOfText_cutAnywhere_isNotFound() {
        byte[] text = "é👋\\n\\u00e9\\ud83d\\udc4b".getBytes(UTF_8);
        for (int length = 0; length <= text.length; length++) {
            assertThat(JsonStrings.endOfText(Arrays.copyOf(text, length), 0)).isEqualTo(-1);
        }
    }

    /** Plain comparison first: an assertion for each of millions of sequences takes ten times as long. */
    private static void assertAgreement(byte[] text, int length) {
        boolean accepted = JsonStrings.endOfText(text, 0) == length;
        if (accepted != decodes(text, length)) {
            fail(HexFormat.of().formatHex(text, 0, length) + (accepted ? " was accepted" : " was refused"));
        }
    }

    /** The JDK's decoder replaces what is malformed, which shows when the text is encoded again. */
    private static boolean decodes(byte[] bytes, int length) {
        byte[] again = new String(bytes, 0, length, UTF_8).getBytes(UTF_8);
        return Arrays.equals(again, 0, again.length, bytes, 0, length);
    }
}
