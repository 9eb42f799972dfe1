package dev.hotcold.testkit;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** JSON as other decoders read it: UTF-8 throughout, no member twice, nothing behind the object. */
public final class StrictJson {

    private static final JsonFactory JSON = JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private StrictJson() {}

    /**
     * A member of an object.
     *
     * @param token what its value begins with
     * @param text the value itself where it is a string, or else how it begins
     */
    public record Member(String name, JsonToken token, String text) {

        /** A member whose value is a string. */
        public static Member ofText(String name, String text) {
            return new Member(name, JsonToken.VALUE_STRING, text);
        }
    }

    /**
     * The members of an object, in their order.
     *
     * @throws IOException when the bytes are no single object
     */
    public static List<Member> members(byte[] object) throws IOException {
        StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(object));
        List<Member> members = new ArrayList<>();
        try (JsonParser parser = JSON.createParser(object)) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IOException("no object");
            }
            while (parser.nextToken() == JsonToken.FIELD_NAME) {
                members.add(new Member(parser.currentName(), parser.nextToken(), parser.getText()));
                parser.skipChildren();
            }
            if (parser.nextToken() != null) {
                throw new IOException("something behind the object");
            }
        }
        return members;
    }
}
