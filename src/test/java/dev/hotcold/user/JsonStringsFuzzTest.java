package dev.hotcold.user;

import static org.assertj.core.api.Assertions.assertThat;

import com.code_intelligence.jazzer.junit.FuzzTest;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.StandardCharsets;

/**
 * Whatever bytes stand for a text: they are proven exactly when the JDK decodes them as UTF-8, another parser reads them as
 * a string, and the string is a text that PostgreSQL can hold.
 */
class JsonStringsFuzzTest {

    private static final JsonFactory JSON = new JsonFactory();

    /** White space first: the parser takes text in other encodings too, which it tells by the first four bytes. */
    private static final byte[] BEFORE = "    \"".getBytes(StandardCharsets.US_ASCII);

    @FuzzTest
    void endOfText_anyBytes_agreesWithOtherDecoders(byte[] bytes) {
        assertThat(JsonStrings.endOfText(bytes, 0)).isEqualTo(endOfTextByOthers(bytes));
    }

    private static int endOfTextByOthers(byte[] bytes) {
        ByteArrayOutputStream document = new ByteArrayOutputStream();
        document.writeBytes(BEFORE);
        document.writeBytes(bytes);
        try (JsonParser parser = JSON.createParser(document.toByteArray())) {
            parser.nextToken();
            String text = parser.getText();
            int end = Math.toIntExact(parser.currentLocation().getByteOffset()) - BEFORE.length - 1;
            StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes, 0, end));
            StandardCharsets.UTF_16.newEncoder().encode(CharBuffer.wrap(text));
            return text.indexOf('\0') < 0 ? end : -1;
        } catch (IOException malformed) {
            return -1;
        }
    }
}
