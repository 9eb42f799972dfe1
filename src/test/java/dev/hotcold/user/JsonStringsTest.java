package dev.hotcold.user;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
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
                        assertThat(JsonStrings.endOfText(text, 0) == 3)
                                .as("%02x %02x %02x", lead, second, third)
                                .isEqualTo(decodes(text, 3));
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
                        assertThat(JsonStrings.endOfText(text, 0) == 4)
                                .as("%02x %02x %02x %02x", lead, second, third, fourth)
                                .isEqualTo(decodes(text, 4));
                    }
                }
            }
        }
    }

    @Test
    void endOfText_cutAnywhere_isNotFound() {
        byte[] text = "é👋\\n\\u00e9\\ud83d\\udc4b".getBytes(StandardCharsets.UTF_8);
        for (int length = 0; length <= text.length; length++) {
            assertThat(JsonStrings.endOfText(java.util.Arrays.copyOf(text, length), 0))
                    .isEqualTo(-1);
        }
    }

    private static boolean decodes(byte[] bytes, int length) {
        try {
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, length));
            return true;
        } catch (CharacterCodingException malformed) {
            return false;
        }
    }
}
